/*
 * A web server as a place of dumps: a folder that is listed, by the index.json of 'drillbox publish'
 * or else by the server's own page, or one fixed file. Used through pull/place.h only; this
 * is its table of functions, place_web of pull/place_ops.h.
 */
#ifndef DRILLBOX_PULL_WEB_H
#define DRILLBOX_PULL_WEB_H

#include "pull/place_ops.h"

#define WEB_LOOKS 20 /* files that are asked about one by one, where a listing does not say which is the newest */

#endif
