/* Export of a trained model for other programs. */
#include "leukvk/export.h"

#include "artifact/backbone.h"
#include "artifact/model_file.h"
#include "core/file.h"
#include "formats/batchnorm_folding.h"
#include "formats/interop.h"
#include "formats/onnx.h"
#include "image/crop.h"
#include "leukvk/version.h"

#include <stdio.h>
#include <string.h>

struct lvk_export {
    lvk_export_info info;
    const char *class_names[LVK_MOST_CLASSES]; /* of three and more */
    char *path;
    lvk_checkpoint *checkpoint;
    lvk_model_config config;
    lvk_onnx_image image; /* what an ONNX file takes as its input */
};

/* The graph of a model, built for one image. */
typedef struct built_model {
    lvk_graph graph;
    lvk_builder builder;
    int input, logits;
} built_model;

static lvk_status build(const lvk_model_config *config, built_model **result) {
    const lvk_model *model = lvk_model_find(config->architecture);
    built_model *built = lvk_alloc(1, sizeof *built);
    *result = built;
    if (!model || !built)
        return built ? LVK_ERROR_ARGUMENT : LVK_ERROR_MEMORY;
    lvk_graph_init(&built->graph);
    built->builder.graph = &built->graph;
    built->builder.keys = LVK_NONE;
    built->input = lvk_graph_input(&built->graph, "input", lvk_model_input(model, config, 1));
    built->logits = lvk_model_build(model, &built->builder, built->input, config);
    return lvk_graph_status(&built->graph);
}

static void built_model_destroy(built_model *built) {
    if (built)
        lvk_graph_finish(&built->graph);
    lvk_free(built);
}

/* ---- reading ---- */

static lvk_model_config config_of(const lvk_model_info *info) {
    return (lvk_model_config){.architecture = info->architecture,
                              .image_size = info->image_size,
                              .feature_stage = lvk_model_info_feature_stage(info),
                              .head = info->head,
                              .cell = info->cell,
                              .classes = info->class_count,
                              .variant = lvk_model_info_variant(info)};
}

static void describe(lvk_export *e) {
    const lvk_model_info *info = lvk_checkpoint_info(e->checkpoint);
    e->config = config_of(info);
    for (uint32_t c = 0; c < info->class_count; ++c)
        e->class_names[c] = info->classes[c];
    e->info = (lvk_export_info){.path = e->path,
                                .architecture = info->architecture,
                                .crop = info->crop,
                                .positive_class = info->positive_class,
                                .negative_class = info->negative_class,
                                .class_count = info->class_count,
                                .class_names = info->class_count ? e->class_names : NULL,
                                .head = info->head,
                                .topology = info->topology,
                                .temperature = info->calibration.temperature,
                                .threshold = info->calibration.threshold,
                                .positive_sum = info->calibration.has_positive,
                                .image_size = info->image_size,
                                .members = lvk_checkpoint_member_count(e->checkpoint)};
}

lvk_status lvk_export_open(const char *path, lvk_export **model) {
    *model = NULL;
    lvk_export *e = lvk_alloc(1, sizeof *e);
    if (!e)
        return LVK_ERROR_MEMORY;
    const lvk_status status = lvk_model_file_read(path, LVK_MODEL_FINAL, &e->path, &e->checkpoint);
    if (status == LVK_OK)
        describe(e);
    else
        lvk_export_close(&e);
    *model = e;
    return status;
}

void lvk_export_close(lvk_export **model) {
    lvk_export *e = *model;
    if (!e)
        return;
    lvk_checkpoint_destroy(&e->checkpoint);
    lvk_free(e->path);
    lvk_free(e);
    *model = NULL;
}

const lvk_export_info *lvk_export_about(const lvk_export *model) {
    return &model->info;
}

/* ---- writing ---- */

static bool is_standard_of(const lvk_standard *a, lvk_resnet_variant variant) {
    const lvk_standard b = lvk_backbone_standard(variant);
    bool same = a->bgr == b.bgr;
    for (int c = 0; c < 3; ++c)
        same = same && a->mean[c] == b.mean[c] && a->deviation[c] == b.deviation[c];
    return same;
}

/* The name of the preprocessing: that of a variant, or "data" where mean and deviation are the model's
 * own. */
static const char *preprocessing(const lvk_export *e) {
    const lvk_standard *standard = &lvk_checkpoint_info(e->checkpoint)->standard;
    for (int v = 0; v < LVK_RESNET_VARIANTS; ++v)
        if (is_standard_of(standard, (lvk_resnet_variant)v))
            return lvk_resnet_preprocessing_name((lvk_resnet_variant)v);
    return "data";
}

static lvk_status copy_entries(const lvk_string_map *from, const char *const *keys, size_t count,
                               lvk_string_map *to) {
    for (size_t i = 0; i < count; ++i) {
        const char *value = lvk_string_map_get(from, keys[i]);
        if (value)
            LVK_TRY(lvk_string_map_set(to, keys[i], value));
    }
    return LVK_OK;
}

/* What the file of several models says: what all have in common, how many there are, and the calibration of their mean. */
static lvk_status copy_common_metadata(const lvk_export *e, lvk_string_map *metadata) {
    static const char *const common[] = {"image_size",     "crop",    "positive_class",
                                         "negative_class", "classes", "microns_per_pixel"},
                             *const of_mean[] = {"temperature", "threshold", "positive_classes", "members"};
    const lvk_checkpoint *first = lvk_checkpoint_member(e->checkpoint, 0);
    LVK_TRY(copy_entries(lvk_checkpoint_metadata(first), common, sizeof common / sizeof *common, metadata));
    return copy_entries(lvk_checkpoint_metadata(e->checkpoint), of_mean, sizeof of_mean / sizeof *of_mean,
                        metadata);
}

/* What the file says of the model, behind `form` if that is not NULL: the metadata of the model's own file.
 */
static lvk_status copy_metadata(const lvk_export *e, const char *form, lvk_string_map *metadata) {
    static const char *const keys[] = {"architecture",      "head",
                                       "topology",          "features",
                                       "image_size",        "crop",
                                       "positive_class",    "negative_class",
                                       "classes",           "pixel_order",
                                       "pixel_mean_r",      "pixel_mean_g",
                                       "pixel_mean_b",      "pixel_deviation_r",
                                       "pixel_deviation_g", "pixel_deviation_b",
                                       "temperature",       "threshold",
                                       "positive_classes",  "microns_per_pixel"};
    if (form)
        LVK_TRY(lvk_string_map_set(metadata, "format", form));
    LVK_TRY(copy_entries(lvk_checkpoint_metadata(e->checkpoint), keys, sizeof keys / sizeof *keys, metadata));
    return lvk_string_map_set(metadata, "preprocessing", preprocessing(e));
}

static lvk_status write_tensors(lvk_export *e, bool torchvision, const char *file) {
    built_model *built;
    lvk_string_map metadata = {0};
    lvk_interop_count count = {0};
    /* The entry "format", by which readers of safetensors find out the framework. */
    lvk_status status = copy_metadata(e, torchvision ? "pt" : "tf", &metadata);
    if (status == LVK_OK) {
        status = build(&e->config, &built);
        if (status == LVK_OK)
            status = lvk_interop_write(file, torchvision, &e->config, &built->builder,
                                       lvk_checkpoint_file(e->checkpoint), &metadata, &count);
        built_model_destroy(built);
    }
    e->info.tensors = count.tensors;
    e->info.numbers = count.numbers;
    lvk_string_map_finish(&metadata);
    return status;
}

static lvk_status write_keras(lvk_export *e, const char *file) {
    return write_tensors(e, false, file);
}

static lvk_status write_torchvision(lvk_export *e, const char *file) {
    return write_tensors(e, true, file);
}

/* Turns (byte / 255 - mean) / deviation into scale and shift of each channel. */
static void put_normalization(const lvk_standard *standard, lvk_onnx_member *onnx) {
    for (int o = 0; o < 3; ++o) {
        const int c = standard->bgr ? 2 - o : o;
        onnx->scale[o][c] = (float)(1 / (255 * standard->deviation[c]));
        onnx->shift[o] = (float)(-standard->mean[c] / standard->deviation[c]);
    }
}

/* What of a picture is taken by the model's crop. */
static lvk_status describe_image(const lvk_export *e, lvk_onnx_image *image) {
    lvk_crop crop;
    LVK_TRY(lvk_crop_parse(e->info.crop, &crop));
    *image = e->image;
    image->bounding_box = crop.kind == LVK_CROP_BBOX;
    image->side = crop.kind == LVK_CROP_CENTER ? crop.side : 0;
    const bool within = crop.kind == LVK_CROP_CENTER && crop.side <= LVK_CNMC_SIDE;
    image->odd_size = within ? 0 : LVK_CROP_ODD_SIZE;
    image->odd_frame = LVK_CROP_ODD_FRAME;
    if (image->input != LVK_ONNX_IMAGE_OF_SIZE)
        return LVK_OK;
    if (image->bounding_box)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--input image:%ux%u: where the crop bbox lies depends on the pixels; --input image "
                        "can tell it",
                        image->width, image->height);
    if (image->odd_size == image->width && image->odd_size == image->height)
        return lvk_fail(LVK_ERROR_ARGUMENT,
                        "--input image:%ux%u: of pictures of this size leukvk cuts off a frame where their "
                        "corners are black; --input image can tell it",
                        image->width, image->height);
    return LVK_OK;
}

/* The networks of the model, with their parameters. */
typedef struct built_members {
    uint32_t count;
    built_model *built[LVK_MOST_MEMBERS];
    float *blocks[LVK_MOST_MEMBERS];
    lvk_onnx_member members[LVK_MOST_MEMBERS];
} built_members;

static lvk_status build_member(const lvk_checkpoint *checkpoint, built_members *all) {
    const lvk_model_info *info = lvk_checkpoint_info(checkpoint);
    lvk_model_config config = config_of(info);
    config.folded = true;
    const uint32_t m = all->count++;
    LVK_TRY(build(&config, &all->built[m]));
    const built_model *built = all->built[m];
    float *block = all->blocks[m] = lvk_alloc(built->graph.parameter_size, 1);
    if (!block)
        return LVK_ERROR_MEMORY;
    LVK_TRY(lvk_batchnorm_fold_parameters(lvk_checkpoint_file(checkpoint), &built->builder, false, block));
    all->members[m] = (lvk_onnx_member){.graph = &built->graph,
                                        .input = built->input,
                                        .logits = built->logits,
                                        .block = block,
                                        .temperature = (float)info->calibration.temperature};
    put_normalization(&info->standard, &all->members[m]);
    return LVK_OK;
}

static lvk_status build_members(lvk_export *e, built_members *all) {
    const uint32_t count = lvk_checkpoint_member_count(e->checkpoint);
    for (uint32_t m = 0; m < count; ++m)
        LVK_TRY(build_member(count > 1 ? lvk_checkpoint_member(e->checkpoint, m) : e->checkpoint, all));
    e->info.tensors = 0;
    e->info.numbers = 0;
    for (uint32_t m = 0; m < count; ++m) {
        e->info.tensors += all->built[m]->builder.parameter_count;
        e->info.numbers += lvk_model_parameter_count(&all->built[m]->builder);
    }
    return LVK_OK;
}

static lvk_status write_graph(lvk_export *e, const built_members *all, const char *file) {
    const lvk_model_info *info = lvk_checkpoint_info(e->checkpoint);
    const bool joined = all->count > 1;
    lvk_string_map metadata = {0};
    lvk_onnx_model onnx = {.members = all->members,
                           .member_count = all->count,
                           .temperature = joined ? (float)info->calibration.temperature : 1,
                           .name = joined ? "mean" : info->architecture,
                           .producer_version = lvk_version(),
                           .positive_class = info->positive_class,
                           .class_count = info->class_count,
                           .class_names = e->class_names,
                           .metadata = &metadata};
    LVK_TRY(describe_image(e, &onnx.image));
    lvk_status status = joined ? copy_common_metadata(e, &metadata) : copy_metadata(e, NULL, &metadata);
    if (status == LVK_OK && e->image.input != LVK_ONNX_CROP)
        status = lvk_string_map_set(&metadata, "input", "image");
    if (status == LVK_OK)
        status = lvk_onnx_write(file, &onnx);
    lvk_string_map_finish(&metadata);
    return status;
}

static lvk_status write_onnx(lvk_export *e, const char *file) {
    built_members all = {0};
    lvk_status status = build_members(e, &all);
    if (status == LVK_OK)
        status = write_graph(e, &all, file);
    for (uint32_t m = 0; m < all.count; ++m) {
        lvk_free(all.blocks[m]);
        built_model_destroy(all.built[m]);
    }
    return status;
}

static const struct {
    const char *name;
    lvk_status (*write)(lvk_export *e, const char *file);
} formats[] = {{"keras", write_keras}, {"torchvision", write_torchvision}, {"onnx", write_onnx}};
enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

const char *lvk_export_format_name(size_t index) {
    return index < FORMAT_COUNT ? formats[index].name : NULL;
}

lvk_status lvk_export_set_input(lvk_export *e, const char *input) {
    lvk_onnx_image image = {.input = LVK_ONNX_CROP};
    int end = 0;
    if (strcmp(input, "image") == 0) {
        image.input = LVK_ONNX_IMAGE;
    } else if (strncmp(input, "image:", 6) == 0) {
        image.input = LVK_ONNX_IMAGE_OF_SIZE;
        if (sscanf(input, "image:%5ux%5u%n", &image.width, &image.height, &end) != 2 || input[end] ||
            image.width < LVK_IMAGE_LEAST_SIDE || image.height < LVK_IMAGE_LEAST_SIDE ||
            image.width > LVK_IMAGE_MOST_SIDE || image.height > LVK_IMAGE_MOST_SIDE)
            return lvk_fail(LVK_ERROR_ARGUMENT,
                            "--input %s: must be image:WxH, with width and height from %d to %d pixels",
                            input, LVK_IMAGE_LEAST_SIDE, LVK_IMAGE_MOST_SIDE);
    } else if (strcmp(input, "crop") != 0) {
        return lvk_fail(LVK_ERROR_ARGUMENT, "--input %s: must be crop, image or image:WxH", input);
    }
    if (e)
        e->image = image;
    return LVK_OK;
}

lvk_status lvk_export_write(lvk_export *e, const char *format, const char *file) {
    size_t i = 0;
    while (i < FORMAT_COUNT && strcmp(formats[i].name, format) != 0)
        ++i;
    if (i == FORMAT_COUNT)
        return lvk_fail(LVK_ERROR_ARGUMENT, "there is no format '%s'; must be keras, torchvision or onnx",
                        format);
    if (lvk_path_is_same(e->path, file))
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: is the model itself, which would be lost", file);
    const uint32_t members = lvk_checkpoint_member_count(e->checkpoint);
    if (members > 1 && formats[i].write != write_onnx)
        return lvk_fail(
            LVK_ERROR_UNSUPPORTED,
            "%s: holds %u joined models, and format %s is of one: take onnx, or export them one by one",
            e->path, members, format);
    lvk_folder_clear_beside(file);
    return formats[i].write(e, file);
}
