/* The statement an archive makes its database with, where there is no manifest. */
#include "drill/inspect.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	autofree char *statement = fuzz_text(bytes, n);
	CLEANUP(database_shape_done) struct database_shape shape = {0};

	database_shape(NULL, &(struct toc){.create_database = statement}, &shape);
	return 0;
}
