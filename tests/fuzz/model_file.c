/* Model files, joined ones and checkpoints: what can be checked without a device, and the export of what is read. An input is
 * the bytes of a file or, behind a line "model", what models.h makes a file of, which random bytes hardly ever are.
 * Covers: src/artifact/{checkpoint,model_classes,model_file,joined_model,export,join}.c src/predict/novelty_file.c
 *         src/formats/{onnx,onnx_construction,onnx_image,interop,batchnorm_folding,layout}.c */
#include "support.h"

#include "artifact/model_file.h"
#include "leukvk/export.h"
#include "models.h"
#include "predict/novelty.h"

#include <string.h>

void fuzz_begin(void) {}

static void read_novelty(const lvk_checkpoint *checkpoint) {
    for (uint32_t i = 0; i < lvk_checkpoint_member_count(checkpoint); ++i) {
        lvk_novelty *novelty = NULL;
        if (fuzz_ok(lvk_novelty_read(lvk_checkpoint_member(checkpoint, i), &novelty)))
            lvk_novelty_destroy(&novelty);
    }
}

/* Exports the file in one of the formats, `which`. */
static void export_whole(const char *path, size_t which) {
    lvk_export *model = NULL;
    if (fuzz_ok(lvk_export_open(path, &model))) {
        size_t count = 0;
        while (lvk_export_format_name(count))
            ++count;
        if (fuzz_ok(
                lvk_export_write(model, lvk_export_format_name(which % count), fuzz_file("exported", "", 0))))
            REQUIRE(lvk_export_about(model)->tensors > 0);
    }
    lvk_export_close(&model);
}

static void read_bytes(const uint8_t *data, size_t size) {
    lvk_safetensors *file = NULL;
    lvk_checkpoint *checkpoint = NULL;
    if (fuzz_ok(lvk_safetensors_take("input", fuzz_copy(data, size), size, &file)) &&
        fuzz_ok(lvk_checkpoint_take(file, &checkpoint)))
        read_novelty(checkpoint);
    lvk_checkpoint_destroy(&checkpoint);
    if (!fuzz_ok(lvk_model_file_copy("input", data, size, &checkpoint)))
        return;
    lvk_checkpoint_destroy(&checkpoint);
    export_whole(fuzz_file("model.safetensors", data, size), size);
}

static void read_drawn(const char *path, size_t which) {
    lvk_checkpoint *checkpoint = NULL;
    char *file = NULL;
    if (fuzz_ok(lvk_model_file_read(path, LVK_MODEL_FINAL, &file, &checkpoint)))
        read_novelty(checkpoint);
    const bool read = checkpoint != NULL;
    lvk_checkpoint_destroy(&checkpoint);
    lvk_free(file);
    if (read)
        export_whole(path, which);
}

void fuzz_one(const uint8_t *data, size_t size) {
    static const char mark[] = "model\n";
    const size_t length = sizeof mark - 1;
    if (size < length || memcmp(data, mark, length) != 0) {
        read_bytes(data, size);
        return;
    }
    const char *path = fuzz_model("drawn.safetensors", (fuzz_input){data + length, size - length});
    if (path)
        read_drawn(path, size);
}
