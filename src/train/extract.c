#include "train/extract.h"

#include "core/log.h"
#include "core/resource.h"
#include "runtime/device.h"
#include "vulkan/shaders.h"

#include <inttypes.h>
#include <string.h>

/* Images that the backbone takes at a time: enough to keep a device busy, with little memory. */
enum { BATCH = 8 };

/* The most work, in seconds, that is lost if the process is killed. It is not less, since each save writes
 * the whole file, which takes a second or two for tens of thousands of rows. */
static const double most_seconds_unsaved = 60;

/* A text with everything but the picture on which a feature depends. Which kernels run depends on this
 * leukvk, by the digest of its shaders, and on the device's kernel choices. */
static char *describe(const lvk_trainer *t, lvk_device *device) {
    const lvk_backend_info *backend = &lvk_device_backend(device)->info;
    const lvk_string_map *choices = lvk_device_kernel_choices(device);
    const lvk_standard *s = &t->info.standard;
    lvk_text text = {0};
    lvk_text_add(&text, "%s %s, weights %s\ncrop %s to %u, pixels %s", t->info.architecture, t->info.topology,
                 t->backbone->digest, t->info.crop, (unsigned)t->info.image_size, s->bgr ? "bgr" : "rgb");
    for (int c = 0; c < 3; ++c)
        lvk_text_add(&text, " %.17g/%.17g", s->mean[c], s->deviation[c]);
    if (t->info.microns_per_pixel > 0)
        lvk_text_add(&text, ", %.17g microns per pixel", t->info.microns_per_pixel);
    if (*t->info.features)
        lvk_text_add(&text, "\nfeatures %s", t->info.features);
    lvk_text_add(&text, "\n%s, %s, shaders %016" PRIx64 "\n", backend->name, backend->driver,
                 lvk_shader_digest);
    for (size_t i = 0; choices && i < choices->count; ++i)
        lvk_text_add(&text, "%s = %s\n", choices->pairs[i].key, choices->pairs[i].value);
    char *key = NULL;
    size_t size;
    return lvk_text_take(&text, &key, &size) == LVK_OK ? key : NULL;
}

static lvk_status open_backbone(const lvk_trainer *t, lvk_device *device, lvk_network **network) {
    const lvk_network_config config = {.model = {.architecture = t->settings.options.model,
                                                 .image_size = t->info.image_size,
                                                 .part = LVK_MODEL_BACKBONE,
                                                 .feature_stage = t->settings.feature_stage,
                                                 .variant = t->backbone->variant,
                                                 .folded = true},
                                       .batch = BATCH,
                                       .crop_side = lvk_cache_side(t->cache),
                                       .kernel_choices = lvk_device_kernel_choices(device)};
    LVK_TRY(lvk_network_create(lvk_device_backend(device), &config, network));
    return lvk_backbone_load(*network, lvk_weights_file(t->backbone->weights), false);
}

typedef struct teller {
    lvk_trainer *trainer;
    double started, saved; /* the times at which computing began and rows were last saved */
    size_t before, total;  /* rows of the parts that are done, and of all parts */
} teller;

/* Saves the rows from time to time. A failure, such as a full disk, is only logged, since the next save may
 * succeed. */
static void save_at_intervals(teller *who) {
    const double often = who->trainer->settings.options.checkpoint_seconds;
    const double interval = often < most_seconds_unsaved ? often : most_seconds_unsaved;
    if (lvk_clock_seconds() - who->saved < interval)
        return;
    if (lvk_features_save(who->trainer->features) != LVK_OK)
        lvk_log(LVK_LOG_WARNING, "%s: features are not saved yet", lvk_error_message());
    who->saved = lvk_clock_seconds();
}

static bool tell(void *user, size_t done, size_t part_total) {
    (void)part_total;
    teller *who = user;
    save_at_intervals(who);
    lvk_train_event *event = &who->trainer->event;
    const double seconds = lvk_clock_seconds() - who->started;
    event->kind = LVK_TRAIN_FEATURES;
    event->features = who->before + done;
    event->features_wanted = who->total;
    event->images_per_second = seconds > 0 ? (double)event->features / seconds : 0;
    return !who->trainer->callback || who->trainer->callback(who->trainer->user, event);
}

static lvk_status compute(lvk_trainer *t, lvk_device *device, const lvk_features_request *requests,
                          size_t count) {
    lvk_network *backbone = NULL;
    teller who = {.trainer = t};
    who.started = who.saved = lvk_clock_seconds();
    lvk_status status = open_backbone(t, device, &backbone);
    for (size_t i = 0; i < count && status == LVK_OK; ++i) {
        const size_t wanted = lvk_features_missing(t->features, &requests[i]);
        who.total =
            who.before + wanted; /* fewer than planned if parts share a picture, which is computed once */
        for (size_t k = i + 1; k < count; ++k)
            who.total += lvk_features_missing(t->features, &requests[k]);
        status = lvk_features_compute(t->features, &requests[i], backbone, t->cache,
                                      t->settings.options.threads, tell, &who);
        who.before += wanted;
    }
    lvk_network_destroy(&backbone);
    const lvk_status saved = lvk_features_save(t->features);
    return status == LVK_OK ? saved : status;
}

lvk_status lvk_extract_features(lvk_trainer *t, lvk_device *device) {
    lvk_features_request requests[LVK_SPLIT_PART_COUNT];
    size_t missing = 0, wanted = 0;
    char *key = describe(t, device);
    if (!key)
        return LVK_ERROR_MEMORY;
    const lvk_network_config config = lvk_settings_network(&t->settings);
    const lvk_status status =
        lvk_features_open(t->dataset, key, lvk_model_features(&config.model), &t->features);
    lvk_free(key);
    LVK_TRY(status);
    for (int part = 0; part < LVK_SPLIT_PART_COUNT; ++part) {
        lvk_features_request *r = &requests[part];
        r->images = lvk_split_images(t->split, (lvk_split_part)part, &r->count);
        r->views = part == LVK_SPLIT_TRAIN ? t->settings.options.views : 1;
        missing += lvk_features_missing(t->features, r);
        wanted += r->count * r->views;
    }
    t->source.features = t->features;
    const char *path = lvk_features_path(t->features);
    lvk_log(LVK_LOG_INFO, "features of %zu pictures: %zu from %s, %zu to compute", wanted, wanted - missing,
            path ? path : "memory", missing);
    return missing ? compute(t, device, requests, LVK_SPLIT_PART_COUNT) : LVK_OK;
}
