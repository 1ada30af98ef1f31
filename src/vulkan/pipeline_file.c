/* Compiled pipelines on disk, in $XDG_CACHE_HOME/leukvk/ or ~/.cache/leukvk/: one file for each device,
 * driver and set of shaders. Drivers trust the data that they are given. Therefore a file is used only if the
 * digest in its header is that of its data. */
#include "vulkan/pipeline.h"

#include "core/file.h"
#include "core/fnv.h"
#include "core/log.h"
#include "core/memory.h"

#include <inttypes.h>
#include <string.h>

enum { MAX_FILE = 64 << 20 };

typedef struct file_header {
    char magic[8];
    uint64_t size;   /* bytes of the data after this header */
    uint64_t digest; /* of that data */
} file_header;

static const char magic[8] = {'l', 'v', 'k', 'p', 'i', 'p', 'e', '1'};

static uint64_t digest_of(const void *data, size_t size) {
    uint64_t hash = LVK_FNV1A_BASIS;
    for (size_t i = 0; i < size; ++i)
        hash = lvk_fnv1a_step(hash, ((const unsigned char *)data)[i]);
    return hash;
}

char *lvk_pipeline_file_path(const VkPhysicalDeviceProperties *properties) {
    char *folder, *path = NULL;
    if (lvk_cache_folder_open(&folder) == LVK_OK) {
        char uuid[2 * VK_UUID_SIZE + 1] = "";
        for (uint32_t i = 0; i < VK_UUID_SIZE; ++i)
            for (uint32_t k = 0; k < 2; ++k)
                uuid[2 * i + k] = "0123456789abcdef"[properties->pipelineCacheUUID[i] >> (k ? 0 : 4) & 15];
        path = lvk_format("%s/pipelines-%08" PRIx32 "-%08" PRIx32 "-%08" PRIx32 "-%s-%016" PRIx64 ".bin",
                          folder, properties->vendorID, properties->deviceID, properties->driverVersion, uuid,
                          lvk_shader_digest);
    } else {
        lvk_log(LVK_LOG_DEBUG, "pipelines are not kept: %s", lvk_error_message());
    }
    lvk_free(folder);
    return path;
}

/* Whether Vulkan's own header at the beginning of the data (the specification's "Pipeline Cache Header") is
 * that of this device. Drivers must check it, but older ones do not. */
static bool fits_device(const void *data, size_t size, const VkPhysicalDeviceProperties *properties) {
    VkPipelineCacheHeaderVersionOne header;
    if (size < sizeof header)
        return false;
    memcpy(&header, data, sizeof header);
    return header.headerSize >= sizeof header && header.headerSize <= size &&
           header.headerVersion == VK_PIPELINE_CACHE_HEADER_VERSION_ONE &&
           header.vendorID == properties->vendorID && header.deviceID == properties->deviceID &&
           memcmp(header.pipelineCacheUUID, properties->pipelineCacheUUID, VK_UUID_SIZE) == 0;
}

void *lvk_pipeline_file_read(const char *path, const VkPhysicalDeviceProperties *properties, size_t *size,
                             uint64_t *digest) {
    void *file = NULL;
    size_t file_size = 0;
    *size = 0;
    *digest = 0;
    if (!lvk_path_is_file(path) || lvk_file_read(path, MAX_FILE, &file, &file_size) != LVK_OK)
        return NULL;
    file_header header = {{0}, 0, 0};
    const bool whole = file_size >= sizeof header;
    if (whole)
        memcpy(&header, file, sizeof header);
    char *data = (char *)file + sizeof header;
    if (!whole || memcmp(header.magic, magic, sizeof magic) != 0 ||
        header.size != file_size - sizeof header || digest_of(data, (size_t)header.size) != header.digest ||
        !fits_device(data, (size_t)header.size, properties)) {
        lvk_log(LVK_LOG_DEBUG, "%s: damaged or of another device, ignored", path);
        lvk_free(file);
        return NULL;
    }
    memmove(file, data, (size_t)header.size);
    *size = (size_t)header.size;
    *digest = header.digest;
    return file;
}

void lvk_pipeline_file_write(const char *path, const void *data, size_t size, uint64_t old_digest) {
    file_header header = {.size = size, .digest = digest_of(data, size)};
    memcpy(header.magic, magic, sizeof magic);
    if (size == 0 || size > MAX_FILE - sizeof header || header.digest == old_digest)
        return;
    const lvk_span spans[] = {{&header, sizeof header}, {data, size}};
    if (lvk_file_write_spans(path, spans, 2) != LVK_OK)
        lvk_log(LVK_LOG_DEBUG, "pipelines are not kept: %s", lvk_error_message());
}
