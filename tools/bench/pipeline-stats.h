/* Statistics that a driver's compiler gives about a compute pipeline
 * (VK_KHR_pipeline_executable_properties). */
#ifndef TOOLS_BENCH_PIPELINE_STATS_H
#define TOOLS_BENCH_PIPELINE_STATS_H

#include "vulkan/adapter.h"
#include "vulkan/shaders.h"

/* UINT32_MAX stands for a number that the driver does not give. */
typedef struct pipeline_stats {
    uint32_t subgroup;     /* invocations of one wave */
    uint32_t vgprs, sgprs; /* vector and scalar registers of a wave */
    uint32_t spilled_vgprs, spilled_sgprs;
    uint32_t scratch; /* bytes of memory of an invocation for values that found no register */
    uint32_t lds;     /* bytes of shared memory of a workgroup */
    uint32_t code;    /* bytes of machine code */
    uint32_t waves;   /* waves that one SIMD unit can hold at a time */
} pipeline_stats;

/* A device that only compiles and runs nothing. */
typedef struct compiler {
    lvk_instance *instance;
    lvk_adapter adapter;
    VkDevice device;
} compiler;

/* Opens the first device of the Vulkan driver that the environment names. The caller closes it with
 * compiler_close, also after a failure. */
LVK_MUST_USE lvk_status compiler_open(compiler *c);
void compiler_close(compiler *c);

/* Compiles `shader` with the given values of its specialization constants, and fills `stats`. */
LVK_MUST_USE lvk_status compiler_run(const compiler *c, const lvk_shader *shader, const uint32_t *constants,
                                     int constant_count, pipeline_stats *stats);

#endif
