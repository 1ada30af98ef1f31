/* A program as a part of this one: a library has no place of its own where it could look for a file. */
#ifndef LVK_CORE_EMBEDDED_PROGRAM_H
#define LVK_CORE_EMBEDDED_PROGRAM_H

/* Defines the bytes from SYMBOL_begin[] up to SYMBOL_end[], hidden, from the file PATH of the build. */
#define LVK_EMBEDDED_PROGRAM(symbol, path)                                                                   \
    __asm__(".pushsection .rodata\n"                                                                         \
            ".balign 16\n"                                                                                   \
            ".globl " #symbol "_begin\n"                                                                     \
            ".hidden " #symbol "_begin\n" #symbol "_begin:\n"                                                \
            ".incbin \"" path "\"\n"                                                                         \
            ".globl " #symbol "_end\n"                                                                       \
            ".hidden " #symbol "_end\n" #symbol "_end:\n"                                                    \
            ".popsection\n");                                                                                \
    extern const unsigned char symbol##_begin[] __attribute__((visibility("hidden"))),                       \
        symbol##_end[] __attribute__((visibility("hidden")))

#endif
