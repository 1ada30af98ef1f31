/* A profile as a table for people. */
#ifndef LEUKVK_CLI_PROFILE_TABLE_H
#define LEUKVK_CLI_PROFILE_TABLE_H

#include "leukvk/leukvk.h"

/* Prints to standard output: a row for every operator, then where the rest of the step's time goes. */
void profile_print(const lvk_profile *profile);

#endif
