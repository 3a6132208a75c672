// The functions are inline; this file makes the header compile on its own.
#include "CCurl.h"
