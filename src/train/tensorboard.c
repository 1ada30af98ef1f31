#include "train/tensorboard.h"

#include "artifact/history.h"
#include "core/file.h"
#include "image/encode.h"
#include "train/event_file.h"
#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    THRESHOLDS = 201,
    ROWS = 6,
    MOST_EXAMPLES = 4,
    FEW_EXAMPLES = 1,
    MOST_CLASSES_OF_MANY = 8,
    MOST_SIDE = 224
};

static void add_summary(lvk_text *records, uint32_t step, Tensorboard__Summary__Value *values[],
                        size_t count) {
    Tensorboard__Summary summary = TENSORBOARD__SUMMARY__INIT;
    Tensorboard__Event event = TENSORBOARD__EVENT__INIT;
    summary.value = values;
    summary.n_value = count;
    event.step = step;
    event.what_case = TENSORBOARD__EVENT__WHAT_SUMMARY;
    event.summary = &summary;
    lvk_event_add(records, &event);
}

/* Writes the records into the file, and releases them. */
static lvk_status append(const lvk_trainer *t, lvk_text *records) {
    const lvk_status status = lvk_event_file_append(t->tensorboard.path, records);
    lvk_text_finish(records);
    return status;
}

/* A tag of the texts, the second of which may be from outside. */
static char *name_tag(const char *format, const char *name, uint32_t number) {
    char *printable = lvk_strdup(name), *tag = NULL;
    if (printable) {
        lvk_text_make_printable(printable);
        tag = lvk_format(format, printable, number);
    }
    lvk_free(printable);
    return tag;
}

/* ---- pictures ---- */

/* The crop of an image as PNG, [side][side] pixels. */
static lvk_status encode_crop(lvk_trainer *t, uint32_t image, uint32_t side, void **png, size_t *size) {
    const lvk_augment plain = {0};
    const lvk_image *crop;
    lvk_image own;
    const size_t count = (size_t)side * side * 3;
    float *pixels = lvk_alloc(count, sizeof *pixels);
    uint8_t *bytes = lvk_alloc(count, 1);
    lvk_status status = pixels && bytes ? LVK_OK : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        status = lvk_cache_get(t->cache, image, &crop, &own);
        if (status == LVK_OK)
            status = lvk_resample(crop, &plain, side, pixels);
        lvk_image_finish(&own);
    }
    if (status == LVK_OK) {
        lvk_pixels_to_bytes(pixels, count, bytes);
        status = lvk_png_encode(bytes, side, side, 3, png, size);
    }
    lvk_free(pixels);
    lvk_free(bytes);
    return status;
}

static lvk_status add_picture(lvk_trainer *t, uint32_t image, const char *class_name, uint32_t number,
                              lvk_text *records) {
    const uint32_t side = t->info.image_size < MOST_SIDE ? t->info.image_size : MOST_SIDE;
    Tensorboard__Summary__Image picture = TENSORBOARD__SUMMARY__IMAGE__INIT;
    Tensorboard__Summary__Value value = TENSORBOARD__SUMMARY__VALUE__INIT;
    void *png = NULL;
    char *tag = name_tag("examples/%s/%u", class_name, number);
    const lvk_status status =
        tag ? encode_crop(t, image, side, &png, &picture.encoded_image_string.len) : LVK_ERROR_MEMORY;
    if (status == LVK_OK) {
        picture.width = picture.height = (int32_t)side;
        picture.colorspace = 3;
        picture.encoded_image_string.data = png;
        value.tag = tag;
        value.value_case = TENSORBOARD__SUMMARY__VALUE__VALUE_IMAGE;
        value.image = &picture;
        add_summary(records, 0, (Tensorboard__Summary__Value *[]){&value}, 1);
    }
    lvk_free(png);
    lvk_free(tag);
    return status;
}

/* The first training images of each class, of different subjects as far as there are several. */
static lvk_status add_pictures(lvk_trainer *t, lvk_text *records) {
    size_t count;
    const uint32_t *images = lvk_split_images(t->split, LVK_SPLIT_TRAIN, &count);
    const size_t classes = lvk_dataset_class_count(t->dataset);
    const uint32_t wanted = classes > MOST_CLASSES_OF_MANY ? FEW_EXAMPLES : MOST_EXAMPLES;
    for (size_t c = 0; c < classes; ++c) {
        uint32_t chosen = 0, last_subject = UINT32_MAX;
        for (size_t i = 0; i < count && chosen < wanted; ++i) {
            const lvk_image_info *image = lvk_dataset_image(t->dataset, images[i]);
            if (image->label != (int32_t)c || image->subject == last_subject)
                continue;
            last_subject = image->subject;
            LVK_TRY(add_picture(t, images[i], lvk_dataset_class_name(t->dataset, c), chosen++, records));
        }
    }
    return LVK_OK;
}

/* ---- beginning ---- */

lvk_status lvk_tensorboard_check(const char *option) {
    if (!option || !*option)
        return LVK_OK;
    char *path = lvk_path_join(option, LVK_EVENT_FILE_NAME);
    if (!path)
        return LVK_ERROR_MEMORY;
    const lvk_status status =
        lvk_path_is_file(path)
            ? lvk_fail(LVK_ERROR_IO, "--tensorboard %s: has events of another training; name another folder",
                       option)
            : LVK_OK;
    lvk_free(path);
    return status;
}

/* Sets the path of the file, and whether it is there. The file of the run's own folder is gone on with without the
 * option as well. */
static lvk_status find_file(lvk_trainer *t, bool *exists) {
    const char *option = t->settings.options.tensorboard;
    char *own = lvk_path_join(lvk_run_folder_path(t->folder), LVK_TENSORBOARD_FOLDER);
    const char *folder = option && *option ? option : own;
    char *path = own ? lvk_path_join(folder, LVK_EVENT_FILE_NAME) : NULL;
    lvk_status status = path ? LVK_OK : LVK_ERROR_MEMORY;
    *exists = path && lvk_path_is_file(path);
    if (status == LVK_OK && (option || *exists)) {
        status = lvk_folder_create(folder);
        t->settings.options.tensorboard = option ? option : "";
        t->tensorboard.path = path;
        path = NULL;
    }
    lvk_free(path);
    lvk_free(own);
    return status;
}

/* The first event, which says whose the file is. */
static void add_version(const lvk_trainer *t, lvk_text *records) {
    Tensorboard__SourceMetadata source = TENSORBOARD__SOURCE_METADATA__INIT;
    Tensorboard__Event event = TENSORBOARD__EVENT__INIT;
    char version[] = "brain.Event:2", writer[512];
    snprintf(writer, sizeof writer, "leukvk %s", t->state.config_digest);
    source.writer = writer;
    event.what_case = TENSORBOARD__EVENT__WHAT_FILE_VERSION;
    event.file_version = version;
    event.source_metadata = &source;
    lvk_event_add(records, &event);
}

/* Also where a kill has left an empty file. */
static lvk_status begin_file(lvk_trainer *t) {
    lvk_text records = {0};
    add_version(t, &records);
    const lvk_status status = add_pictures(t, &records);
    if (status == LVK_OK)
        return append(t, &records);
    lvk_text_finish(&records);
    return status;
}

static bool is_own(const lvk_trainer *t, const Tensorboard__Event *event) {
    const char *writer = event->source_metadata ? event->source_metadata->writer : "";
    return strncmp(writer, "leukvk ", 7) == 0 && strcmp(writer + 7, t->state.config_digest) == 0;
}

/* What is in a file that is gone on with. */
typedef struct reading {
    lvk_trainer *trainer;
    bool begun;
} reading;

static bool read_event(void *user, const Tensorboard__Event *event) {
    reading *r = user;
    lvk_tensorboard *board = &r->trainer->tensorboard;
    if (!r->begun) {
        r->begun = is_own(r->trainer, event);
        return r->begun;
    }
    if (event->step < 0 || event->step > r->trainer->state.epoch)
        return false;
    const Tensorboard__Summary *summary =
        event->what_case == TENSORBOARD__EVENT__WHAT_SUMMARY ? event->summary : NULL;
    for (size_t i = 0; summary && i < summary->n_value; ++i) {
        if (summary->value[i]->value_case == TENSORBOARD__SUMMARY__VALUE__VALUE_SIMPLE_VALUE)
            board->epochs = (uint32_t)event->step;
        if (summary->value[i]->value_case == TENSORBOARD__SUMMARY__VALUE__VALUE_TENSOR)
            board->curves = (uint32_t)event->step;
    }
    return true;
}

lvk_status lvk_tensorboard_begin(lvk_trainer *t) {
    bool exists;
    LVK_TRY(find_file(t, &exists));
    if (!t->tensorboard.path)
        return LVK_OK;
    reading before = {t, false};
    LVK_TRY(exists ? lvk_event_file_resume(t->tensorboard.path, read_event, &before) : LVK_OK);
    LVK_TRY(before.begun ? LVK_OK : begin_file(t));
    return lvk_tensorboard_add_epochs(t);
}

void lvk_tensorboard_finish(lvk_tensorboard *board) {
    lvk_free(board->path);
    *board = (lvk_tensorboard){0};
}

/* ---- epochs ---- */

static void add_epoch(lvk_text *records, const lvk_history_epoch *epoch, double images_per_second) {
    enum { NUMBERS = 7 };
    static char tags[NUMBERS][24] = {"train/loss",          "train/accuracy", "validation/loss",
                                     "validation/accuracy", "validation/auc", "learning_rate",
                                     "images_per_second"};
    const double numbers[NUMBERS] = {
        epoch->train_loss,     epoch->train_accuracy, epoch->validation_loss, epoch->validation_accuracy,
        epoch->validation_auc, epoch->learning_rate,  images_per_second};
    Tensorboard__Summary__Value values[NUMBERS], *known[NUMBERS];
    size_t count = 0;
    for (int i = 0; i < NUMBERS; ++i) {
        if (isnan(numbers[i]))
            continue;
        known[count] = &values[count];
        tensorboard__summary__value__init(known[count]);
        known[count]->tag = tags[i];
        known[count]->value_case = TENSORBOARD__SUMMARY__VALUE__VALUE_SIMPLE_VALUE;
        known[count++]->simple_value = (float)numbers[i];
    }
    add_summary(records, epoch->epoch, known, count);
}

lvk_status lvk_tensorboard_add_epochs(lvk_trainer *t) {
    lvk_tensorboard *board = &t->tensorboard;
    lvk_history history;
    lvk_text records = {0};
    if (!board->path || !t->state.history || !*t->state.history)
        return LVK_OK;
    LVK_TRY(lvk_history_parse(lvk_run_folder_file(t->folder, LVK_RUN_METRICS), t->state.history, &history));
    for (size_t i = 0; i < history.count; ++i) {
        const lvk_history_epoch *epoch = &history.epochs[i];
        const bool timed = epoch->epoch == t->event.epoch && t->event.images_per_second > 0;
        if (epoch->epoch <= board->epochs)
            continue;
        add_epoch(&records, epoch, timed ? t->event.images_per_second : (double)NAN);
        board->epochs = epoch->epoch;
    }
    lvk_history_finish(&history);
    return append(t, &records);
}

/* ---- precision and recall ---- */

/* Fills what the plugin pr_curves takes: true and false positives, true and false negatives, precision and recall at
 * the thresholds i / (THRESHOLDS - 1), at which a probability of the threshold or more is called positive. */
static void fill_curve(const lvk_prediction *rows, size_t count, uint32_t class_count, uint32_t class_index,
                       float data[ROWS][THRESHOLDS]) {
    double positive[THRESHOLDS + 1] = {0}, negative[THRESHOLDS + 1] = {0};
    for (size_t i = 0; i < count; ++i) {
        const double p = class_count ? rows[i].probabilities[class_index] : rows[i].p;
        const bool is = rows[i].label == (class_count ? (int)class_index : 1);
        if (rows[i].label >= 0)
            ++(is ? positive : negative)[(int)floor(p * (THRESHOLDS - 1))];
    }
    for (int i = THRESHOLDS - 1; i >= 0; --i) {
        positive[i] += positive[i + 1];
        negative[i] += negative[i + 1];
    }
    for (int i = 0; i < THRESHOLDS; ++i) {
        const double tp = positive[i], fp = negative[i];
        data[0][i] = (float)tp;
        data[1][i] = (float)fp;
        data[2][i] = (float)(negative[0] - fp);
        data[3][i] = (float)(positive[0] - tp);
        data[4][i] = tp + fp > 0 ? (float)(tp / (tp + fp)) : 0;
        data[5][i] = positive[0] > 0 ? (float)(tp / positive[0]) : 0;
    }
}

static void set_plugin(Tensorboard__SummaryMetadata *metadata,
                       Tensorboard__SummaryMetadata__PluginData *plugin, uint8_t content[16]) {
    Tensorboard__PrCurvePluginData curve = TENSORBOARD__PR_CURVE_PLUGIN_DATA__INIT;
    curve.num_thresholds = THRESHOLDS;
    static char name[] = "pr_curves";
    plugin->plugin_name = name;
    plugin->content.len = tensorboard__pr_curve_plugin_data__pack(&curve, content);
    plugin->content.data = content;
    metadata->plugin_data = plugin;
    metadata->data_class = TENSORBOARD__SUMMARY_METADATA__DATA_CLASS__DATA_CLASS_TENSOR;
}

static void add_tensor(lvk_text *records, uint32_t step, char *tag, float data[ROWS][THRESHOLDS]) {
    Tensorboard__TensorShapeProto__Dim rows = TENSORBOARD__TENSOR_SHAPE_PROTO__DIM__INIT, columns = rows;
    Tensorboard__TensorShapeProto shape = TENSORBOARD__TENSOR_SHAPE_PROTO__INIT;
    Tensorboard__TensorProto tensor = TENSORBOARD__TENSOR_PROTO__INIT;
    Tensorboard__SummaryMetadata metadata = TENSORBOARD__SUMMARY_METADATA__INIT;
    Tensorboard__SummaryMetadata__PluginData plugin = TENSORBOARD__SUMMARY_METADATA__PLUGIN_DATA__INIT;
    Tensorboard__Summary__Value value = TENSORBOARD__SUMMARY__VALUE__INIT;
    uint8_t content[16];
    rows.size = ROWS;
    columns.size = THRESHOLDS;
    shape.n_dim = 2;
    shape.dim = (Tensorboard__TensorShapeProto__Dim *[]){&rows, &columns};
    tensor.dtype = TENSORBOARD__TENSOR_PROTO__DATA_TYPE__DT_FLOAT;
    tensor.tensor_shape = &shape;
    tensor.tensor_content.data = (uint8_t *)data;
    tensor.tensor_content.len = ROWS * THRESHOLDS * sizeof(float);
    set_plugin(&metadata, &plugin, content);
    value.tag = tag;
    value.metadata = &metadata;
    value.value_case = TENSORBOARD__SUMMARY__VALUE__VALUE_TENSOR;
    value.tensor = &tensor;
    add_summary(records, step, (Tensorboard__Summary__Value *[]){&value}, 1);
}

lvk_status lvk_tensorboard_add_curves(lvk_trainer *t, const lvk_prediction *rows, size_t count) {
    lvk_tensorboard *board = &t->tensorboard;
    const uint32_t classes = t->info.class_count, step = t->state.epoch;
    float data[ROWS][THRESHOLDS];
    lvk_text records = {0};
    if (!board->path || board->curves == step)
        return LVK_OK;
    for (uint32_t c = 0; c < (classes ? classes : 1); ++c) {
        char *tag =
            classes ? name_tag("test/pr_curve/%s", t->class_names[c], 0) : lvk_strdup("test/pr_curve");
        records.failed = records.failed || !tag;
        fill_curve(rows, count, classes, c, data);
        if (tag)
            add_tensor(&records, step, tag, data);
        lvk_free(tag);
    }
    board->curves = step;
    return append(t, &records);
}
