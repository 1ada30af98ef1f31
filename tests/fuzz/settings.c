/* The config.json of a run: read as settings, and the settings as JSON again.
 * Covers: src/train/{settings,train_options}.c src/models/head.c src/image/crop.c src/core/json_file.c */
#include "support.h"

#include "artifact/run_folder.h"
#include "train/settings.h"

#include <string.h>

void fuzz_begin(void) {}

static void write_again(const lvk_settings *settings) {
    json_t *json = lvk_settings_to_json(settings), *identity = lvk_settings_identity(settings);
    lvk_settings again;
    REQUIRE(json && identity);
    REQUIRE(fuzz_ok(lvk_settings_from_json(&again, json, "again")));
    json_t *second = lvk_settings_to_json(&again);
    REQUIRE(second && json_equal(json, second));
    lvk_settings_finish(&again);
    json_decref(second);
    json_decref(identity);
    json_decref(json);
}

void fuzz_one(const uint8_t *data, size_t size) {
    lvk_settings settings;
    json_t *json = NULL;
    fuzz_file("config.json", data, size);
    if (!fuzz_ok(lvk_run_config_read(fuzz_folder(), &json)))
        return;
    if (fuzz_ok(lvk_settings_from_json(&settings, json, "config.json"))) {
        write_again(&settings);
        lvk_settings_finish(&settings);
    }
    json_decref(json);
}
