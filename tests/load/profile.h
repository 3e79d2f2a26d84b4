/* SPDX-License-Identifier: MIT */
/*
 * profile: options in a small text file: lines 'key = value', where a key is
 * the name of an option without its dashes; '#' begins a comment.  Two keys
 * more: 'about', one line for people, and 'needs = OPTION: WHAT' for a profile
 * that cannot run without something a clone does not have.  Main thread.
 */
#ifndef PARLEY_LOAD_PROFILE_H
#define PARLEY_LOAD_PROFILE_H

#include "options.h"

/*
 * Reads a profile by path, or by name from the profiles that come with the
 * tool.  0, or -1 with a line of error that names file and line.
 */
int profile_read(struct options *options, const char *name, FILE *err);

/* The same from text, which is cut up in place and must outlive the options. */
int profile_parse(struct options *options, const char *file, char *text, size_t len, FILE *err);

#endif
