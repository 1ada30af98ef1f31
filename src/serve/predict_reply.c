#include "serve/predict_reply.h"

#include "core/memory.h"
#include "serve/server.h"

#include <string.h>
#include <strings.h>

enum { NOVELTY_DIGITS = 4 };

/* ---- the images ---- */

static bool begins_with(const char *text, const char *beginning) {
    return strncasecmp(text, beginning, strlen(beginning)) == 0;
}

static lvk_status take_one(lvk_request *r, lvk_upload **files, size_t *count) {
    const char *name = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "name");
    *files = lvk_alloc(1, sizeof **files);
    if (!*files)
        return LVK_ERROR_MEMORY;
    *count = 1;
    **files = (lvk_upload){lvk_strdup(name && *name ? name : "image"), r->body, r->body_size};
    return (*files)->name ? LVK_OK : LVK_ERROR_MEMORY;
}

static lvk_status take_files(lvk_request *r, lvk_upload **files, size_t *count) {
    const char *type =
        MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, MHD_HTTP_HEADER_CONTENT_TYPE);
    *files = NULL;
    *count = 0;
    if (type && begins_with(type, "multipart/form-data"))
        return lvk_multipart_parse(type, r->body ? r->body : "", r->body_size,
                                   r->explains ? 1 : LVK_SERVER_MOST_IMAGES, files, count);
    if (type && (begins_with(type, "image/") || begins_with(type, "application/octet-stream")))
        return take_one(r, files, count);
    return lvk_fail(LVK_ERROR_UNSUPPORTED,
                    "Content-Type: %.100s: must be image/…, application/octet-stream or multipart/form-data",
                    type ? type : "(none)");
}

static lvk_status read_scale(lvk_request *r) {
    const char *text = MHD_lookup_connection_value(r->connection, MHD_GET_ARGUMENT_KIND, "microns_per_pixel");
    double value;
    if (!text || !*text)
        return LVK_OK;
    if (!lvk_number_parse(text, &value) || value < LVK_LEAST_MICRONS || value > LVK_MOST_MICRONS)
        return lvk_fail(LVK_ERROR_FORMAT, "microns_per_pixel=%.40s: must be a number from %g to %g", text,
                        LVK_LEAST_MICRONS, LVK_MOST_MICRONS);
    r->microns_per_pixel = value;
    return LVK_OK;
}

/* The files become the request's images. */
static lvk_status take_images(lvk_request *r) {
    lvk_upload *files;
    size_t count;
    LVK_TRY(read_scale(r));
    lvk_status status = take_files(r, &files, &count);
    if (status == LVK_OK && count == 0)
        status = lvk_fail(LVK_ERROR_FORMAT, "the request has no image");
    if (status == LVK_OK && !(r->images = lvk_alloc(count, sizeof *r->images)))
        status = LVK_ERROR_MEMORY;
    if (status != LVK_OK) {
        lvk_uploads_free(files, count);
        return status;
    }
    r->image_count = count;
    for (size_t i = 0; i < count; ++i)
        r->images[i].file = files[i];
    lvk_free(files); /* the names are the images' */
    return LVK_OK;
}

void lvk_predict_answer(lvk_request *r) {
    const lvk_status status = take_images(r);
    if (status == LVK_ERROR_UNSUPPORTED)
        lvk_reply_fail(&r->reply, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "unsupported_type", "%s",
                       lvk_error_message());
    else if (status == LVK_ERROR_LIMIT)
        lvk_reply_fail(&r->reply, MHD_HTTP_CONTENT_TOO_LARGE, "too_many", "%s", lvk_error_message());
    else if (status == LVK_ERROR_MEMORY)
        lvk_reply_fail(&r->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "memory is short; try again");
    else if (status != LVK_OK)
        lvk_reply_fail(&r->reply, MHD_HTTP_BAD_REQUEST, "bad_request", "%s", lvk_error_message());
    else if (!lvk_worker_submit(&r->server->worker, r))
        lvk_reply_fail(&r->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "busy",
                       "the queue of images is full; try again");
}

/* ---- the reply ---- */

lvk_prediction_options lvk_predict_options(const lvk_classifier_info *info, char names[2][LVK_JOINED_NAME]) {
    lvk_prediction_options how = {.format = LVK_PREDICTIONS_CSV,
                                  .negative_class = info->negative_class,
                                  .positive_class = info->positive_class,
                                  .threshold = info->threshold,
                                  .novelty = true,
                                  .class_count = info->class_count,
                                  .class_names = info->class_names};
    if (info->positive) {
        for (int which = 0; which < 2; ++which)
            lvk_classes_join_names(info->class_names, info->class_count, info->positive, which == 1,
                                   names[which], LVK_JOINED_NAME);
        how.negative_class = names[0];
        how.positive_class = names[1];
        how.class_count = 0;
    }
    return how;
}

static void add_probability(lvk_text *text, const char *name, double p, bool more) {
    lvk_text_add_json(text, name);
    lvk_text_add(text, ": ");
    lvk_text_add_number(text, p, LVK_PREDICTION_DIGITS);
    lvk_text_add(text, "%s", more ? ", " : "}");
}

/* The line that `leukvk predict --format csv` writes, without its end. */
static void add_csv_line(lvk_text *text, const lvk_prediction *row, const lvk_prediction_options *how) {
    char *csv;
    if (lvk_predictions_text(row, 1, how, &csv) != LVK_OK) {
        text->failed = true;
        return;
    }
    char *line = strchr(csv, '\n') + 1; /* behind the names of the columns, which hold no line end */
    line[strlen(line) - 1] = '\0';
    lvk_text_add_json(text, line);
    lvk_free(csv);
}

static void add_prediction(lvk_text *text, const lvk_request_image *image, const lvk_prediction *row,
                           const lvk_prediction_options *how) {
    uint32_t width, height;
    const uint32_t called = lvk_prediction_called(row, how->class_count, how->threshold);
    lvk_picture_size(image->picture, &width, &height);
    lvk_text_add(text, "{\"name\": ");
    lvk_text_add_json(text, image->file.name);
    lvk_text_add(text, ", \"class\": ");
    lvk_text_add_json(text, how->class_count ? how->class_names[called]
                            : called         ? how->positive_class
                                             : how->negative_class);
    lvk_text_add(text, ", \"probabilities\": {");
    for (uint32_t k = 0; k < how->class_count; ++k)
        add_probability(text, how->class_names[k], row->probabilities[k], k + 1 < how->class_count);
    if (!how->class_count) {
        add_probability(text, how->positive_class, row->p, true);
        add_probability(text, how->negative_class, 1 - row->p, false);
    }
    lvk_text_add(text, ", \"novelty\": ");
    if (row->novelty > 0)
        lvk_text_add_number(text, row->novelty, NOVELTY_DIGITS);
    else
        lvk_text_add(text, "null");
    lvk_text_add(text, ", \"unlike\": %s, \"unlike_by\": ", lvk_prediction_is_novel(row) ? "true" : "false");
    if (lvk_prediction_is_novel(row) && row->novelty_cause)
        lvk_text_add_json(text, row->novelty_cause);
    else
        lvk_text_add(text, "null");
    lvk_text_add(text, ", \"width\": %u, \"height\": %u, \"csv\": ", (unsigned)width, (unsigned)height);
    add_csv_line(text, row, how);
    lvk_text_add(text, "}");
}

static const char *refusal_of(const lvk_request_image *image) {
    return image->refusal && *image->refusal ? image->refusal : "out of memory";
}

static void add_refusal(lvk_text *text, const lvk_request_image *image) {
    lvk_text_add(text, "{\"name\": ");
    lvk_text_add_json(text, image->file.name);
    lvk_text_add(text, ", \"error\": {\"code\": \"image_refused\", \"message\": ");
    lvk_text_add_json(text, refusal_of(image));
    lvk_text_add(text, "}}");
}

static size_t count_refused(const lvk_request *r) {
    size_t count = 0;
    for (size_t i = 0; i < r->image_count; ++i)
        count += r->images[i].picture == NULL;
    return count;
}

static bool lacks_memory(const lvk_request *r) {
    for (size_t i = 0; i < r->image_count; ++i)
        if (r->images[i].status == LVK_ERROR_MEMORY)
            return true;
    return false;
}

void lvk_predict_reply(lvk_request *r, const lvk_prediction *rows) {
    static const char unprocessable[] = "image_refused";
    char names[2][LVK_JOINED_NAME];
    const lvk_classifier_info *info = lvk_classifier_get_info(r->server->classifier);
    const lvk_prediction_options how = lvk_predict_options(info, names);
    const size_t refused = count_refused(r);
    lvk_text text = {0};
    if (lacks_memory(r)) {
        lvk_reply_fail(&r->reply, MHD_HTTP_SERVICE_UNAVAILABLE, "busy", "memory is short; try again");
        return;
    }
    lvk_text_add(&text, "{");
    if (refused == r->image_count) {
        lvk_text_add(&text, "\"error\": {\"code\": \"%s\", \"message\": ", unprocessable);
        lvk_text_add_json(&text, refusal_of(&r->images[0]));
        lvk_text_add(&text, "},\n ");
    }
    lvk_text_add(&text, "\"images\": [");
    for (size_t i = 0; i < r->image_count; ++i) {
        lvk_text_add(&text, i ? ",\n  " : "\n  ");
        if (!r->images[i].picture) {
            add_refusal(&text, &r->images[i]);
            continue;
        }
        lvk_prediction row = *rows++;
        if (info->positive)
            lvk_predictions_join(&row, 1, info->class_count, info->positive, &row);
        add_prediction(&text, &r->images[i], &row, &how);
    }
    lvk_text_add(&text, "\n]}\n");
    lvk_reply_text(&r->reply, refused == r->image_count ? MHD_HTTP_UNPROCESSABLE_CONTENT : MHD_HTTP_OK,
                   "application/json", &text);
}
