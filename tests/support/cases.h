#include "selftest/cases.h"
