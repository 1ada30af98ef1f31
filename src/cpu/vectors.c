#include "cpu/vectors.h"

#include "cpu/dnnl.h"

#include <stddef.h>

lvk_cpu_isa lvk_cpu_isa_at_hand(void) {
    return lvk_dnnl_has_avx512() ? LVK_ISA_AVX512 : LVK_ISA_AVX2;
}

const char *lvk_cpu_isa_unsupported(void) {
#if defined __x86_64__
    return lvk_dnnl_has_avx2() ? NULL : "the processor has no AVX2";
#else
    return "made for x86-64";
#endif
}
