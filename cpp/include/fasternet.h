#ifndef FASTERNET_H
#define FASTERNET_H

#include <stdint.h>

#define FN_API __attribute__((visibility("default")))

#ifdef __cplusplus
extern "C" {
#endif

/* Version of this interface: raised whenever a declaration below changes. */
FN_API int32_t fn_abi_version(void);

#ifdef __cplusplus
}
#endif

#endif
