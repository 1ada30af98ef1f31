#include "serve/model_reply.h"

#include "core/digest.h"
#include "core/memory.h"
#include "leukvk/model.h"
#include "serve/predict_reply.h"

#include <string.h>

#define MOST_MODEL_BYTES ((size_t)4 << 30)

static lvk_status digest_file(const char *path, char digest[LVK_DIGEST_TEXT]) {
    void *data;
    size_t size;
    LVK_TRY(lvk_file_read(path, MOST_MODEL_BYTES, &data, &size));
    lvk_digest(data, size, digest);
    lvk_free(data);
    return LVK_OK;
}

static void add_string(lvk_text *text, const char *key, const char *value) {
    lvk_text_add(text, ",\n \"%s\": ", key);
    if (value && *value)
        lvk_text_add_json(text, value);
    else
        lvk_text_add(text, "null");
}

/* null where it is 0: not known. */
static void add_number(lvk_text *text, const char *key, double value) {
    lvk_text_add(text, ",\n \"%s\": ", key);
    if (value > 0)
        lvk_text_add_number(text, value, 15);
    else
        lvk_text_add(text, "null");
}

static void add_classes(lvk_text *text, const lvk_prediction_options *how) {
    lvk_text_add(text, ",\n \"classes\": [");
    for (uint32_t k = 0; k < how->class_count; ++k) {
        lvk_text_add(text, k ? ", " : "");
        lvk_text_add_json(text, how->class_names[k]);
    }
    if (!how->class_count) {
        lvk_text_add_json(text, how->positive_class);
        lvk_text_add(text, ", ");
        lvk_text_add_json(text, how->negative_class);
    }
    lvk_text_add(text, "]");
    add_string(text, "positive_class", how->class_count ? NULL : how->positive_class);
    add_number(text, "threshold", how->class_count ? 0 : how->threshold);
}

/* The line with the names of the columns. */
static lvk_status add_csv_header(lvk_text *text, const lvk_prediction_options *how) {
    char *csv;
    LVK_TRY(lvk_predictions_text(NULL, 0, how, &csv));
    csv[strcspn(csv, "\n")] = '\0';
    add_string(text, "csv_header", csv);
    lvk_free(csv);
    return LVK_OK;
}

static lvk_status add_all(const lvk_server *server, const lvk_model_summary *summary, const char *model,
                          lvk_text *text) {
    char digest[LVK_DIGEST_TEXT], names[2][LVK_JOINED_NAME];
    const lvk_classifier_info *info = lvk_classifier_get_info(server->classifier);
    const lvk_prediction_options how = lvk_predict_options(info, names);
    LVK_TRY(digest_file(info->path, digest));
    lvk_text_add(text, "{\"name\": ");
    lvk_text_add_json(text, model);
    add_string(text, "architecture", info->architecture);
    add_classes(text, &how);
    add_number(text, "temperature", info->temperature);
    lvk_text_add(text, ",\n \"input\": {\"crop\": ");
    lvk_text_add_json(text, info->crop);
    lvk_text_add(text, ", \"width\": %u, \"height\": %u, \"channels\": 3}", (unsigned)summary->image_size,
                 (unsigned)summary->image_size);
    add_number(text, "microns_per_pixel", info->microns_per_pixel);
    add_number(text, "parameters", (double)info->parameters);
    add_number(text, "members", info->members);
    lvk_text_add(text, ",\n \"knows_novelty\": %s", info->knows_novelty ? "true" : "false");
    add_string(text, "estimate", summary->estimate);
    add_string(text, "digest", digest);
    LVK_TRY(add_csv_header(text, &how));
    lvk_text_add(text, ",\n \"explains\": true,\n \"limits\": {\"body_bytes\": %zu, \"images\": %d}",
                 server->options.max_body, LVK_SERVER_MOST_IMAGES);
    lvk_text_add(text, ",\n \"batches\": [");
    for (uint32_t i = 0; i < server->batches.count; ++i)
        lvk_text_add(text, "%s%u", i ? ", " : "", (unsigned)server->batches.sizes[i].batch);
    lvk_text_add(text, "]");
    add_string(text, "device", lvk_device_get_info(server->device)->name);
    add_string(text, "version", lvk_version());
    lvk_text_add(text, "}\n");
    return LVK_OK;
}

lvk_status lvk_model_reply_make(const lvk_server *server, const char *model, char **result) {
    lvk_model_summary *summary;
    lvk_text text = {0};
    *result = NULL;
    LVK_TRY(lvk_model_summary_read(lvk_classifier_get_info(server->classifier)->path, &summary));
    lvk_status status = add_all(server, summary, model, &text);
    if (status == LVK_OK)
        status = lvk_text_take(&text, result, NULL);
    lvk_text_finish(&text);
    lvk_model_summary_destroy(&summary);
    return status;
}

void lvk_model_answer(lvk_request *request) {
    const char *model = request->server->model;
    lvk_reply_fixed(&request->reply, "application/json", model, strlen(model));
}
