/* What a driver's compiler says about a compute pipeline (VK_KHR_pipeline_executable_properties). */
#ifndef TOOLS_BENCH_PIPELINE_STATS_H
#define TOOLS_BENCH_PIPELINE_STATS_H

#include "vulkan/adapter.h"
#include "vulkan/shaders.h"

/* UINT32_MAX: the driver does not tell. */
typedef struct pipeline_stats {
    uint32_t subgroup;     /* invocations of one wave */
    uint32_t vgprs, sgprs; /* vector and scalar registers of a wave */
    uint32_t spilled_vgprs, spilled_sgprs;
    uint32_t scratch; /* bytes of memory an invocation keeps what found no register in */
    uint32_t lds;     /* bytes of shared memory of a workgroup */
    uint32_t code;    /* bytes */
    uint32_t waves;   /* that one SIMD unit can hold at a time */
} pipeline_stats;

/* A device that compiles and never runs. */
typedef struct compiler {
    lvk_instance *instance;
    lvk_adapter adapter;
    VkDevice device;
} compiler;

/* Opens the first device of the Vulkan driver that the environment names. Closed with compiler_close, also
 * after a failure. */
LVK_MUST_USE lvk_status compiler_open(compiler *c);
void compiler_close(compiler *c);

/* Compiles `shader` for these values of its specialization constants. */
LVK_MUST_USE lvk_status compiler_run(const compiler *c, const lvk_shader *shader, const uint32_t *constants,
                                     int constant_count, pipeline_stats *stats);

#endif
