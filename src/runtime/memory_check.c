#include "runtime/memory_check.h"

#include <stdio.h>

static bool fits(const lvk_caps *caps, const lvk_footprint *footprint) {
    const uint64_t room = lvk_caps_room(caps);
    return (room == 0 || footprint->total <= room) &&
           (caps->max_allocation == 0 || footprint->largest <= caps->max_allocation);
}

/* Sets `largest` to the largest batch that fits; 0 if not even one image does. config->batch does not fit. */
static lvk_status find_largest(const lvk_caps *caps, const lvk_network_config *config, uint32_t *largest) {
    uint32_t too_large = config->batch;
    *largest = 0;
    while (too_large - *largest > 1) {
        lvk_network_config tried = *config;
        lvk_footprint footprint;
        tried.batch = *largest + (too_large - *largest) / 2;
        const lvk_status status = lvk_network_estimate(caps, &tried, &footprint);
        if (status != LVK_OK && status != LVK_ERROR_LIMIT)
            return status;
        if (status == LVK_OK && fits(caps, &footprint))
            *largest = tried.batch;
        else
            too_large = tried.batch;
    }
    return LVK_OK;
}

static lvk_status refuse(const lvk_backend *backend, const lvk_network_config *config,
                         const lvk_footprint *footprint) {
    const lvk_caps *caps = &backend->caps;
    const uint64_t room = lvk_caps_room(caps);
    const bool in_all = room && footprint->total > room;
    const double needed = (double)(in_all ? footprint->total : footprint->largest) / 0x1p20;
    const double most = (double)(in_all ? room : caps->max_allocation) / 0x1p20;
    const char *piece = in_all ? "of device memory" : "in one buffer", *has = !in_all ? "gives"
                                                                              : room < caps->memory
                                                                                  ? "has free"
                                                                                  : "has";
    uint32_t largest;
    LVK_TRY(find_largest(caps, config, &largest));
    if (largest == 0)
        return lvk_fail(LVK_ERROR_MEMORY,
                        "--batch %u needs %.0f MiB %s, %s %s %.0f MiB; not even --batch 1 fits",
                        config->batch, needed, piece, backend->info.name, has, most);
    return lvk_fail(LVK_ERROR_MEMORY,
                    "--batch %u needs %.0f MiB %s, %s %s %.0f MiB; the largest that fits is --batch %u",
                    config->batch, needed, piece, backend->info.name, has, most, largest);
}

/* Fails because a tensor is larger than the device can bind. The current error line, which names the tensor,
 * becomes the reason. */
static lvk_status refuse_tensor(const lvk_backend *backend, const lvk_network_config *config) {
    char reason[512];
    uint32_t largest;
    snprintf(reason, sizeof reason, "%s", lvk_error_message());
    LVK_TRY(find_largest(&backend->caps, config, &largest));
    if (largest == 0)
        return lvk_fail(LVK_ERROR_LIMIT, "%s; not even --batch 1 fits", reason);
    return lvk_fail(LVK_ERROR_LIMIT, "--batch %u: %s; the largest that fits is --batch %u", config->batch,
                    reason, largest);
}

static lvk_status estimate(const lvk_backend *backend, lvk_recompute recompute, lvk_network_config *config,
                           lvk_footprint *footprint) {
    const lvk_status status = lvk_network_estimate(&backend->caps, config, footprint);
    if (status != LVK_ERROR_LIMIT)
        return status;
    config->recompute = recompute != LVK_RECOMPUTE_OFF;
    return refuse_tensor(backend, config);
}

lvk_status lvk_memory_check(const lvk_backend *backend, lvk_recompute recompute, lvk_network_config *config,
                            lvk_memory_need *need) {
    lvk_footprint kept, footprint;
    *need = (lvk_memory_need){0};
    config->recompute = false;
    LVK_TRY(estimate(backend, recompute, config, &kept));
    footprint = kept;
    config->recompute =
        recompute == LVK_RECOMPUTE_ON || (recompute == LVK_RECOMPUTE_AUTO && !fits(&backend->caps, &kept));
    if (config->recompute)
        LVK_TRY(estimate(backend, recompute, config, &footprint));
    need->bytes = footprint.total;
    need->kept = kept.total > footprint.total ? kept.total : 0;
    return fits(&backend->caps, &footprint) ? LVK_OK : refuse(backend, config, &footprint);
}

lvk_status lvk_network_create_checked(lvk_backend *backend, const lvk_network_config *config,
                                      lvk_network **network) {
    lvk_network_config checked = *config;
    lvk_memory_need need;
    *network = NULL;
    LVK_TRY(lvk_memory_check(backend, LVK_RECOMPUTE_OFF, &checked, &need));
    const lvk_status status = lvk_network_create(backend, &checked, network);
    return status == LVK_ERROR_MEMORY
               ? lvk_fail_within(status,
                                 "batch %u needs about %llu MiB on the device; a smaller --batch needs less",
                                 config->batch, (unsigned long long)(need.bytes >> 20))
               : status;
}
