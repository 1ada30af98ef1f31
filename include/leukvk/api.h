/* LVK_API marks the functions of the library that programs can call: the shared library exports these and nothing
 * else. */
#ifndef LEUKVK_API_H
#define LEUKVK_API_H

#if defined(__GNUC__)
#define LVK_API __attribute__((visibility("default")))
#else
#define LVK_API
#endif

#endif
