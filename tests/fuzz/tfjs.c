/* TensorFlow.js layers models: model.json, and beside it the file "shard" of as many zeros as the first byte says times
 * four. The same text is then imported as a whole.
 * Covers: src/formats/{tfjs,import,naming}.c */
#include "support.h"

#include "formats/tfjs.h"
#include "leukvk/import.h"

#include <string.h>

void fuzz_begin(void) {}

void fuzz_one(const uint8_t *data, size_t size) {
    static const uint8_t zeros[4 * 256];
    fuzz_input input = {data, size};
    lvk_tfjs_model model = {0};
    fuzz_file("shard", zeros, (size_t)4 * fuzz_below(&input, 256));
    const char *path = fuzz_file("model.json", input.at, input.left);
    char *json = fuzz_copy(input.at, input.left);
    if (fuzz_ok(lvk_tfjs_read(path, json, input.left, &model))) {
        const unsigned char *at = model.data;
        for (size_t i = 0; i < model.count; at += model.tensors[i++].size) {
            REQUIRE(model.tensors[i].data == at && *model.tensors[i].name && model.tensors[i].size % 4 == 0);
            REQUIRE(lvk_first_not_finite(at, model.tensors[i].size / 4) == model.tensors[i].size / 4);
        }
        REQUIRE(at == model.data + model.size);
    }
    lvk_tfjs_finish(&model);
    lvk_free(json);
    lvk_import *import = NULL;
    if (fuzz_ok(lvk_import_open(path, &import)))
        lvk_import_close(&import);
}
