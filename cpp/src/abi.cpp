#include "fasternet.h"

int32_t fn_abi_version(void) { return 1; }
