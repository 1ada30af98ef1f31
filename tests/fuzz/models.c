#include "models.h"

#include "formats/safetensors.h"
#include "models/head.h"
#include "models/model.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TENSORS = 512, MOST_MEMBERS = 3, MOST_NUMBERS = 1 << 19 };

static const char left_out[] = "\1"; /* the value of an entry, and the shape of a tensor */

/* What the lines say of a model. */
typedef struct draft {
    lvk_string_map entries, shapes;
} draft;

/* The file that comes of it. */
typedef struct drawn {
    lvk_string_map metadata;
    lvk_safetensor tensors[MOST_TENSORS];
    size_t count;
    uint64_t numbers;
    lvk_arena arena;
} drawn;

static const char *const usual[][2] = {{"format", "leukvk"},
                                       {"format_version", "1"},
                                       {"kind", "model"},
                                       {"architecture", "cnn-gap"},
                                       {"negative_class", "hem"},
                                       {"positive_class", "all"},
                                       {"crop", "none"},
                                       {"pixel_order", "rgb"},
                                       {"image_size", "32"},
                                       {"pixel_mean_r", "0.5"},
                                       {"pixel_mean_g", "0.5"},
                                       {"pixel_mean_b", "0.5"},
                                       {"pixel_deviation_r", "1"},
                                       {"pixel_deviation_g", "1"},
                                       {"pixel_deviation_b", "1"},
                                       {"novelty", left_out},
                                       {"novelty_picture_limit", "9"},
                                       {"novelty_feature_limit", "9"},
                                       {"novelty_area", "500"},
                                       {"novelty_unseen_ratio", "2"}};

static const char *const usual_of_checkpoint[][2] = {
    {"epoch", "2"},         {"step", "4"},       {"seed", "1"},         {"best_epoch", "1"},
    {"best_score", "0.5"},  {"patience", "1"},   {"optimizer", "adam"}, {"config_digest", "0"},
    {"history", ""},        {"epoch_step", "1"}, {"epoch_images", "4"}, {"epoch_correct", "2"},
    {"epoch_loss_sum", "1"}};

static const char *const novelty_shapes[][2] = {{"novelty/picture/means", "1,9"},
                                                {"novelty/picture/directions", "9,9"},
                                                {"novelty/picture/variances", "10"},
                                                {"novelty/picture/limits", "9"}};

static void set(lvk_string_map *map, const char *key, const char *value) {
    REQUIRE(lvk_string_map_set(map, key, value) == LVK_OK);
}

static void take_line(draft *d, fuzz_input line) {
    char *text = fuzz_string(line.at, line.left);
    char *equals = strchr(text, '=');
    const bool tensor = text[0] == '@';
    const char *key = text + tensor;
    if (equals)
        *equals = '\0';
    if (*key)
        set(tensor ? &d->shapes : &d->entries, key, equals ? equals + 1 : left_out);
    lvk_free(text);
}

/* The entries of a draft with the usual ones, without those that are left out. */
static void fill_entries(const draft *d, lvk_string_map *all) {
    lvk_string_map map = {0};
    const char *kind = lvk_string_map_get(&d->entries, "kind");
    for (size_t i = 0; i < sizeof usual / sizeof *usual; ++i)
        set(&map, usual[i][0], usual[i][1]);
    for (size_t i = 0; kind && strcmp(kind, "checkpoint") == 0 &&
                       i < sizeof usual_of_checkpoint / sizeof *usual_of_checkpoint;
         ++i)
        set(&map, usual_of_checkpoint[i][0], usual_of_checkpoint[i][1]);
    for (size_t i = 0; i < d->entries.count; ++i)
        set(&map, d->entries.pairs[i].key, d->entries.pairs[i].value);
    for (size_t i = 0; i < map.count; ++i)
        if (strcmp(map.pairs[i].value, left_out) != 0)
            set(all, map.pairs[i].key, map.pairs[i].value);
    lvk_string_map_finish(&map);
}

static void parse_shape(const char *text, lvk_safetensor *tensor) {
    for (tensor->rank = 0; *text && tensor->rank < LVK_SAFETENSORS_MAX_RANK; ++tensor->rank) {
        char *end;
        tensor->dim[tensor->rank] = strtoul(text, &end, 10) % (MOST_NUMBERS + 1);
        text = *end ? end + 1 : end;
    }
}

static uint64_t numbers_of(const lvk_safetensor *tensor) {
    uint64_t count = 1;
    for (int i = 0; i < tensor->rank; ++i)
        count = tensor->dim[i] > MOST_NUMBERS ? MOST_NUMBERS + 1 : count * tensor->dim[i] % (1u << 30);
    return count;
}

/* Adds a tensor, as the draft has it where it says something of it. */
static void add(drawn *file, const draft *d, const char *prefix, const lvk_safetensor *given) {
    static float ones[MOST_NUMBERS];
    const char *shape = lvk_string_map_get(&d->shapes, given->name);
    lvk_safetensor *tensor = &file->tensors[file->count];
    if (file->count == MOST_TENSORS || (shape && strcmp(shape, left_out) == 0))
        return;
    for (size_t i = 0; ones[0] == 0 && i < MOST_NUMBERS; ++i)
        ones[MOST_NUMBERS - 1 - i] = 1;
    *tensor = *given;
    tensor->name = lvk_arena_format(&file->arena, "%s%s", prefix, given->name);
    tensor->element = LVK_ELEMENT_F32;
    tensor->data = ones;
    if (shape)
        parse_shape(shape, tensor);
    REQUIRE(tensor->name);
    file->numbers += numbers_of(tensor);
    ++file->count;
}

static uint32_t count_classes(const lvk_string_map *entries) {
    const char *list = lvk_string_map_get(entries, "classes");
    json_t *json = list ? json_loads(list, 0, NULL) : NULL;
    const size_t count = json_is_array(json) ? json_array_size(json) : 2;
    json_decref(json);
    return count < 64 ? (uint32_t)count : 2;
}

static const char *text_of(const lvk_string_map *map, const char *key) {
    const char *text = lvk_string_map_get(map, key);
    return text ? text : "";
}

static lvk_cell_measures cell_of(const char *area) {
    return !*area ? LVK_CELL_NONE : strcmp(area, "ground") == 0 ? LVK_CELL_AREA : LVK_CELL_AREA_AND_HUE;
}

/* Adds the parameters of the network that the entries name. */
static void add_parameters(drawn *file, const draft *d, const char *prefix, const lvk_string_map *entries) {
    lvk_model_config config = {.architecture = text_of(entries, "architecture"),
                               .image_size = (uint32_t)strtoul(text_of(entries, "image_size"), NULL, 10),
                               .cell = cell_of(text_of(entries, "area")),
                               .classes = count_classes(entries),
                               .head = lvk_string_map_get(entries, "head"),
                               .feature_stage = lvk_resnet_stage_find(text_of(entries, "features"))};
    lvk_head head;
    const lvk_model *model = lvk_model_find(config.architecture);
    if (!model || lvk_model_check_size(model, config.image_size) != LVK_OK ||
        (config.head && lvk_head_parse(config.head, &head) != LVK_OK))
        return;
    (void)lvk_resnet_variant_find(text_of(entries, "topology"), &config.variant);
    lvk_builder *builder = lvk_alloc(1, sizeof *builder);
    lvk_graph graph;
    REQUIRE(builder);
    lvk_graph_init(&graph);
    builder->graph = &graph;
    builder->keys = LVK_NONE;
    lvk_model_build(model, builder, lvk_graph_input(&graph, "input", lvk_model_input(model, &config, 1)),
                    &config);
    for (size_t i = 0; lvk_graph_status(&graph) == LVK_OK && i < builder->parameter_count; ++i) {
        const lvk_tensor *parameter = &graph.tensors[builder->parameters[i].tensor];
        lvk_safetensor tensor = {.name = parameter->name, .rank = parameter->type.rank};
        for (int k = 0; k < tensor.rank; ++k)
            tensor.dim[k] = parameter->type.dim[k];
        add(file, d, prefix, &tensor);
    }
    lvk_graph_finish(&graph);
    lvk_free(builder);
}

static void add_member(drawn *file, const draft *d, const char *prefix) {
    lvk_string_map entries = {0};
    fill_entries(d, &entries);
    add_parameters(file, d, prefix, &entries);
    for (size_t i = 0;
         lvk_string_map_get(&entries, "novelty") && i < sizeof novelty_shapes / sizeof *novelty_shapes; ++i) {
        lvk_safetensor tensor = {.name = novelty_shapes[i][0]};
        parse_shape(novelty_shapes[i][1], &tensor);
        add(file, d, prefix, &tensor);
    }
    for (size_t i = 0; i < entries.count; ++i) {
        char *key = lvk_format("%s%s", prefix, entries.pairs[i].key);
        REQUIRE(key);
        set(&file->metadata, key, entries.pairs[i].value);
        lvk_free(key);
    }
    for (size_t i = 0; i < d->shapes.count; ++i) { /* of tensors that the network has not */
        const lvk_safetensor tensor = {.name = d->shapes.pairs[i].key};
        bool known = false;
        for (size_t k = 0; k < file->count; ++k)
            known = known || strcmp(file->tensors[k].name + strlen(prefix), tensor.name) == 0;
        if (!known)
            add(file, d, prefix, &tensor);
    }
    lvk_string_map_finish(&entries);
}

static void take_lines(fuzz_input lines, draft drafts[MOST_MEMBERS], size_t *count) {
    *count = 1;
    while (lines.left) {
        const fuzz_input line = fuzz_line(&lines);
        if (line.left == 1 && line.at[0] == '#' && *count < MOST_MEMBERS)
            ++*count;
        else
            take_line(&drafts[*count - 1], line);
    }
}

static void draw(drawn *file, draft drafts[MOST_MEMBERS], size_t count) {
    char number[32];
    if (count == 1) {
        add_member(file, &drafts[0], "");
        return;
    }
    for (size_t i = 0; i < count; ++i) {
        char prefix[32];
        snprintf(prefix, sizeof prefix, "member.%zu/", i + 1);
        add_member(file, &drafts[i], prefix);
    }
    snprintf(number, sizeof number, "%zu", count);
    set(&file->metadata, "format", "leukvk");
    set(&file->metadata, "format_version", "1");
    set(&file->metadata, "kind", "joined");
    set(&file->metadata, "members", number);
}

const char *fuzz_model(const char *name, fuzz_input lines) {
    draft drafts[MOST_MEMBERS] = {0};
    size_t count;
    drawn *file = lvk_alloc(1, sizeof *file);
    REQUIRE(file);
    take_lines(lines, drafts, &count);
    draw(file, drafts, count);
    const char *path = fuzz_file(name, "", 0);
    if (file->numbers > MOST_NUMBERS ||
        !fuzz_ok(lvk_safetensors_write(path, file->tensors, file->count, &file->metadata)))
        path = NULL;
    for (size_t i = 0; i < count; ++i) {
        lvk_string_map_finish(&drafts[i].entries);
        lvk_string_map_finish(&drafts[i].shapes);
    }
    lvk_string_map_finish(&file->metadata);
    lvk_arena_finish(&file->arena);
    lvk_free(file);
    return path;
}
