/* The libraries that the Vulkan loader's manifests name: whether a library is cut off, which would end the
 * process (SIGBUS) when the loader opens it. */
#ifndef LVK_VULKAN_LIBRARY_FILE_H
#define LVK_VULKAN_LIBRARY_FILE_H

#include "core/error.h"

/* Checks the library that the manifest `path` names in its object `object`, which is "ICD" for a driver and
 * "layer" for a layer. LVK_ERROR_FORMAT says that the library's file ends before the parts that are mapped
 * into memory; the error line names the library. LVK_OK says that the library is whole, that the loader
 * will refuse manifest or library by itself, or that the library was not found. A name without a folder is looked for in
 * the folders in which the dynamic linker looks for the Vulkan loader's libraries (LD_LIBRARY_PATH, RUNPATH, the system's
 * own), for which the loader must have been loaded, but not in ld.so.cache, which may know more folders; and of a manifest
 * with a list of layers, "layers", none is checked. */
LVK_MUST_USE lvk_status lvk_library_check(const char *path, const char *object);

#endif
