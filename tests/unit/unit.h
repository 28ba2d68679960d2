/* What every unit test includes first: cmocka with what it wants before it, without its macro named as our fail(). */
#ifndef DRILLBOX_TESTS_UNIT_H
#define DRILLBOX_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#undef fail

#endif
