#include "formats/reader_program.h"

#include "core/embedded_program.h"

LVK_EMBEDDED_PROGRAM(lvk_embedded_reader, LVK_READER_PROGRAM); /* the file's path, from the build */

lvk_child_program lvk_reader_program(void) {
    return (lvk_child_program){.name = "leukvk-reader",
                               .bytes = lvk_embedded_reader_begin,
                               .size = (size_t)(lvk_embedded_reader_end - lvk_embedded_reader_begin)};
}
