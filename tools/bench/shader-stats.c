/* shader-stats: compiles the kernels for GPUs, which the machine need not have, and prints the compiler's
 * statistics.
 *
 * The pipelines are those that training and inference of the CNN with a batch of 32 would create on such a
 * device, then all other pipelines that a test case would create there. Kernels for CPU devices are left
 * out. */
#include "pipeline-stats.h"

#include "core/file.h"
#include "core/memory.h"
#include "runtime/network.h"
#include "selftest/inputs.h"

#include <argp.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANIFESTS "/usr/share/vulkan/icd.d/"

static const char documentation[] =
    "Compiles leukvk's kernels with Mesa's RADV for AMD GPUs that are not there, and prints registers, spills, shared "
    "memory, code size and the number of waves that one SIMD unit holds. Fails when a kernel for GPUs spills."
    "\v"
    "Examples:\n"
    "  shader-stats                      polaris10, vega10, navi21 and gfx1100\n"
    "  shader-stats --family navi21 --csv\n"
    "  shader-stats --markdown           the table of tools/bench/README.md\n"
    "  shader-stats --all                kernels for CPU devices as well; what they spill does not count\n";

enum { MAX_FAMILIES = 8, MAX_PIPELINES = 512, BATCH = 32 };

typedef enum format { FORMAT_TEXT, FORMAT_MARKDOWN, FORMAT_CSV } format;

typedef struct settings {
    const char *families[MAX_FAMILIES];
    int family_count;
    const char *driver;
    format format;
    bool all;
} settings;

typedef struct pipeline {
    const lvk_shader *shader;
    uint32_t constants[LVK_MAX_CONSTANTS];
    int constant_count;
    bool in_plan;   /* whether the CNN uses it */
    bool candidate; /* whether it is a candidate on this kind of device */
    pipeline_stats stats[MAX_FAMILIES];
} pipeline;

/* The pipelines, one list for all families of GPUs, whose launches hardly differ. */
typedef struct collection {
    pipeline items[MAX_PIPELINES];
    int count;
} collection;

/* ---- collecting ---- */

static const lvk_shader *find_shader(const char *name) {
    for (uint32_t i = 0; i < lvk_shader_count; ++i)
        if (strcmp(lvk_shaders[i].name, name) == 0)
            return &lvk_shaders[i];
    return NULL;
}

static lvk_status add(collection *c, const lvk_launch *launch, bool in_plan, bool candidate) {
    pipeline p = {.shader = find_shader(launch->shader),
                  .constant_count = launch->constant_count,
                  .in_plan = in_plan,
                  .candidate = candidate};
    memcpy(p.constants, launch->constants, sizeof p.constants);
    for (int i = 0; i < c->count; ++i) {
        pipeline *old = &c->items[i];
        if (old->shader == p.shader && old->constant_count == p.constant_count &&
            memcmp(old->constants, p.constants, sizeof p.constants) == 0) {
            old->in_plan |= in_plan;
            return LVK_OK;
        }
    }
    if (!p.shader)
        return lvk_fail(LVK_ERROR_ARGUMENT, "%s: there is no such shader", launch->shader);
    if (c->count == MAX_PIPELINES)
        return lvk_fail(LVK_ERROR_LIMIT, "more than %d pipelines", MAX_PIPELINES);
    memset(p.stats, 0xFF, sizeof p.stats);
    c->items[c->count++] = p;
    return LVK_OK;
}

/* A backend that runs nothing, and notes which launches it would run. */
typedef struct recorder {
    lvk_backend base;
    collection *collection;
} recorder;

static lvk_status recorder_buffer_create(lvk_backend *backend, uint64_t size, lvk_buffer **buffer) {
    (void)backend;
    (void)size;
    *buffer = lvk_alloc(1, 1);
    return *buffer ? LVK_OK : LVK_ERROR_MEMORY;
}

static void recorder_buffer_destroy(lvk_backend *backend, lvk_buffer *buffer) {
    (void)backend;
    lvk_free(buffer);
}

static lvk_status recorder_buffer_write(lvk_backend *backend, lvk_buffer *buffer, uint64_t offset,
                                        const void *data, uint64_t size) {
    (void)backend;
    (void)buffer;
    (void)offset;
    (void)data;
    (void)size;
    return LVK_OK;
}

static lvk_status recorder_exec_create(lvk_backend *backend, const lvk_program *program,
                                       lvk_buffer *const blocks[LVK_BLOCK_COUNT], lvk_exec **exec) {
    (void)blocks;
    *exec = NULL;
    for (int s = 0; s < program->step_count; ++s)
        for (int i = 0; i < program->steps[s].launch_count; ++i)
            LVK_TRY(add(((recorder *)backend)->collection, &program->steps[s].launches[i], true, true));
    return LVK_OK;
}

static const lvk_backend_functions recorder_functions = {.buffer_create = recorder_buffer_create,
                                                         .buffer_destroy = recorder_buffer_destroy,
                                                         .buffer_write = recorder_buffer_write,
                                                         .exec_create = recorder_exec_create};

static lvk_status collect_network(collection *c, const lvk_caps *caps) {
    recorder r = {.base = {.functions = &recorder_functions, .caps = *caps}, .collection = c};
    const lvk_network_config config = {.model = {.architecture = "cnn", .dropout = 0.25},
                                       .batch = BATCH,
                                       .crop_side = 300, /* that of the default crop */
                                       .training = true,
                                       .optimizer = LVK_OPTIMIZER_ADAM};
    lvk_network *network = NULL;
    const lvk_status status = lvk_network_create(&r.base, &config, &network);
    if (status == LVK_OK)
        lvk_network_destroy(&network);
    return status;
}

static lvk_status collect_case(collection *c, const lvk_caps *caps, int op, const lvk_case *of) {
    lvk_call call;
    LVK_TRY(lvk_case_call(op, of, &call));
    for (int i = 0; i < lvk_op_get(op)->candidate_count; ++i) {
        const lvk_candidate *candidate = &lvk_op_get(op)->candidates[i];
        if (candidate->unsupported && candidate->unsupported(&call, caps))
            continue;
        lvk_launch_list list = {.status = LVK_OK};
        memcpy(list.max_groups, caps->max_groups, sizeof list.max_groups);
        candidate->launch(&call, caps, &list);
        LVK_TRY(list.status);
        for (int k = 0; k < list.count; ++k)
            LVK_TRY(add(c, &list.launches[k], false, true));
    }
    return LVK_OK;
}

static lvk_status collect_cases(collection *c, const lvk_caps *caps) {
    for (int op = 0; op < LVK_OP_COUNT; ++op)
        for (int i = 0; i < lvk_case_table_get(op)->count; ++i)
            LVK_TRY(collect_case(c, caps, op, &lvk_case_table_get(op)->cases[i]));
    return LVK_OK;
}

/* Collects the shaders that no launch uses, with the defaults of their constants. */
static lvk_status collect_rest(collection *c) {
    for (uint32_t s = 0; s < lvk_shader_count; ++s) {
        const lvk_launch launch = {.shader = lvk_shaders[s].name};
        bool seen = false;
        for (int i = 0; i < c->count && !seen; ++i)
            seen = c->items[i].shader == &lvk_shaders[s];
        if (!seen)
            LVK_TRY(add(c, &launch, false, false));
    }
    return LVK_OK;
}

/* ---- compiling ---- */

/* Whether RADV knows the family that the environment names. A child process tries it, since RADV aborts at
 * unknown families. */
static bool family_is_known(void) {
    int status = -1;
    const pid_t child = fork();
    if (child == 0) {
        compiler driver;
        if (!freopen("/dev/null", "w", stderr) || compiler_open(&driver) != LVK_OK)
            _exit(1);
        _exit(0);
    }
    return child > 0 && waitpid(child, &status, 0) == child && status == 0;
}

/* Names the family in the environment. The first family of RDNA 3 has had another name since Mesa 23. */
static void choose_family(const char *family) {
    setenv("RADV_FORCE_FAMILY", family, 1);
    if (strcmp(family, "gfx1100") == 0 && !family_is_known())
        setenv("RADV_FORCE_FAMILY", "navi31", 1);
}

static lvk_status compile(const settings *set, int family, collection *c) {
    compiler driver;
    choose_family(set->families[family]);
    lvk_status status;
    LVK_GO(status, compiler_open(&driver), done);
    LVK_GO(status, collect_network(c, &driver.adapter.caps), done);
    LVK_GO(status, collect_cases(c, &driver.adapter.caps), done);
    if (set->all)
        LVK_GO(status, collect_rest(c), done);
    for (int i = 0; i < c->count && status == LVK_OK; ++i)
        status = compiler_run(&driver, c->items[i].shader, c->items[i].constants, c->items[i].constant_count,
                              &c->items[i].stats[family]);
done:
    compiler_close(&driver);
    return status == LVK_OK ? LVK_OK : lvk_fail_within(status, "%s", set->families[family]);
}

static int compare(const void *a, const void *b) {
    const pipeline *x = a, *y = b;
    const int order = strcmp(x->shader->name, y->shader->name);
    return order ? order : memcmp(x->constants, y->constants, sizeof x->constants);
}

/* ---- printing ---- */

static const char *number(uint32_t value, char text[16]) {
    if (value == UINT32_MAX)
        return "?";
    snprintf(text, 16, "%" PRIu32, value);
    return text;
}

/* Writes the shader's name and the values of its constants, such as "conv2d_tile 1 64", into `text`, and
 * returns `text`. */
static const char *title(const pipeline *p, char text[128]) {
    int length = snprintf(text, 128, "%s", p->shader->name);
    for (int i = 0; i < p->constant_count && length < 128; ++i)
        length += snprintf(text + length, 128 - (size_t)length, " %" PRIu32, p->constants[i]);
    return text;
}

static void print_text(const settings *set, const collection *c) {
    char name[128], text[9][16];
    for (int f = 0; f < set->family_count; ++f) {
        printf("%s%s\n%-50s %3s %4s %5s %5s %7s %7s %6s %6s %5s\n", f ? "\n" : "", set->families[f],
               "shader, constants", "CNN", "wave", "VGPRs", "SGPRs", "spilled", "scratch", "LDS", "code",
               "waves");
        for (int i = 0; i < c->count; ++i) {
            const pipeline_stats *s = &c->items[i].stats[f];
            printf("%-50s %3s %4s %5s %5s %3s+%-3s %7s %6s %6s %5s\n", title(&c->items[i], name),
                   c->items[i].in_plan ? "yes" : "", number(s->subgroup, text[0]), number(s->vgprs, text[1]),
                   number(s->sgprs, text[2]), number(s->spilled_vgprs, text[3]),
                   number(s->spilled_sgprs, text[4]), number(s->scratch, text[5]), number(s->lds, text[6]),
                   number(s->code, text[7]), number(s->waves, text[8]));
        }
    }
}

static void print_csv(const settings *set, const collection *c) {
    char name[128], text[9][16];
    puts("family,kernel,in_plan,wave,vgprs,sgprs,spilled_vgprs,spilled_sgprs,scratch_bytes,lds_bytes,"
         "code_bytes,waves");
    for (int f = 0; f < set->family_count; ++f)
        for (int i = 0; i < c->count; ++i) {
            const pipeline_stats *s = &c->items[i].stats[f];
            printf("%s,%s,%d,%s,%s,%s,%s,%s,%s,%s,%s,%s\n", set->families[f], title(&c->items[i], name),
                   c->items[i].in_plan, number(s->subgroup, text[0]), number(s->vgprs, text[1]),
                   number(s->sgprs, text[2]), number(s->spilled_vgprs, text[3]),
                   number(s->spilled_sgprs, text[4]), number(s->scratch, text[5]), number(s->lds, text[6]),
                   number(s->code, text[7]), number(s->waves, text[8]));
        }
}

/* Prints a row for each pipeline, with "VGPRs (waves)" for each family. LDS and code are those of the first
 * family. */
static void print_markdown(const settings *set, const collection *c) {
    char name[128], text[2][16];
    printf("| kernel, constants | CNN | LDS | code |");
    for (int f = 0; f < set->family_count; ++f)
        printf(" %s |", set->families[f]);
    printf("\n|---|---|---|---|");
    for (int f = 0; f < set->family_count; ++f)
        printf("---|");
    for (int i = 0; i < c->count; ++i) {
        const pipeline *p = &c->items[i];
        printf("\n| `%s` | %s | %s | %s |", title(p, name), p->in_plan ? "yes" : "",
               number(p->stats[0].lds, text[0]), number(p->stats[0].code, text[1]));
        for (int f = 0; f < set->family_count; ++f)
            printf(" %s (%s) |", number(p->stats[f].vgprs, text[0]), number(p->stats[f].waves, text[1]));
    }
    puts("");
}

static bool known(uint32_t value) {
    return value != UINT32_MAX && value > 0;
}

/* Prints the names of the candidates that spill registers, and returns their number. */
static int count_spills(const settings *set, const collection *c) {
    char name[128];
    int count = 0;
    for (int f = 0; f < set->family_count; ++f)
        for (int i = 0; i < c->count; ++i) {
            const pipeline_stats *s = &c->items[i].stats[f];
            if (!c->items[i].candidate ||
                !(known(s->spilled_vgprs) || known(s->spilled_sgprs) || known(s->scratch)))
                continue;
            fprintf(stderr,
                    "shader-stats: %s spills on %s: %" PRIu32 " VGPRs, %" PRIu32 " SGPRs, %" PRIu32
                    " bytes of scratch\n",
                    title(&c->items[i], name), set->families[f], s->spilled_vgprs, s->spilled_sgprs,
                    s->scratch);
            ++count;
        }
    return count;
}

/* ---- command line ---- */

enum { OPTION_MARKDOWN = 256, OPTION_CSV, OPTION_ALL, OPTION_DRIVER };
static const struct argp_option options[] = {
    {"family", 'f', "NAME", 0, "Compile for this family; may be repeated", 0},
    {"driver", OPTION_DRIVER, "FILE", 0,
     "RADV's manifest (default: radeon_icd.PROCESSOR.json or radeon_icd.json of /usr/share/vulkan/icd.d)", 0},
    {"markdown", OPTION_MARKDOWN, NULL, 0, "Print one Markdown table: VGPRs, and waves in parentheses", 0},
    {"csv", OPTION_CSV, NULL, 0, "Print comma-separated values", 0},
    {"all", OPTION_ALL, NULL, 0, "Compile the kernels for CPU devices too", 0},
    {0}};

static error_t parse_option(int key, char *text, struct argp_state *state) {
    settings *set = state->input;
    switch (key) {
    case 'f':
        if (set->family_count == MAX_FAMILIES)
            argp_error(state, "more than %d families", MAX_FAMILIES);
        set->families[set->family_count++] = text;
        return 0;
    case OPTION_DRIVER:
        set->driver = text;
        return 0;
    case OPTION_MARKDOWN:
        set->format = FORMAT_MARKDOWN;
        return 0;
    case OPTION_CSV:
        set->format = FORMAT_CSV;
        return 0;
    case OPTION_ALL:
        set->all = true;
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

/* The path of RADV's manifest. Mesa of Debian 12 has the processor's name in the file name, that of Debian 13
 * has not. */
static const char *default_driver(void) {
    static char path[PATH_MAX];
    struct utsname system;
    if (uname(&system) == 0) {
        snprintf(path, sizeof path, MANIFESTS "radeon_icd.%s.json", system.machine);
        if (lvk_path_is_file(path))
            return path;
    }
    return MANIFESTS "radeon_icd.json";
}

int main(int argc, char **argv) {
    static const struct argp parser = {options, parse_option, "", documentation, NULL, NULL, NULL};
    static const char *const families[] = {"polaris10", "vega10", "navi21", "gfx1100"};
    static collection all;
    settings set = {.driver = default_driver()};
    if (argp_parse(&parser, argc, argv, 0, NULL, &set) != 0)
        return 2;
    if (set.family_count == 0) {
        memcpy(set.families, families, sizeof families);
        set.family_count = sizeof families / sizeof *families;
    }
    setenv("VK_ICD_FILENAMES", set.driver, 1);
    for (int f = 0; f < set.family_count; ++f)
        if (compile(&set, f, &all) != LVK_OK)
            return fprintf(stderr, "shader-stats: %s\n", lvk_error_message()), 1;
    qsort(all.items, (size_t)all.count, sizeof *all.items, compare);
    if (set.format == FORMAT_CSV)
        print_csv(&set, &all);
    else if (set.format == FORMAT_MARKDOWN)
        print_markdown(&set, &all);
    else
        print_text(&set, &all);
    return count_spills(&set, &all) ? 1 : 0;
}
