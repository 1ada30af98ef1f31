#include "keras_file.h"

#include "core/text.h"

#include <hdf5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LINES = 48, MOST_NUMBERS = 1024, MOST_TEXTS = 16, MOST_RANK = 10 };

/* ---- HDF5 ---- */

/* Takes a word from the front of a line. */
static char *word(char **line) {
    char *begin = *line + strspn(*line, " "), *end = begin + strcspn(begin, " ");
    *line = *end ? end + 1 : end;
    *end = '\0';
    return begin;
}

static hid_t type_named(const char *name) {
    if (strcmp(name, "f64") == 0)
        return H5Tcopy(H5T_IEEE_F64LE);
    if (strcmp(name, "be") == 0)
        return H5Tcopy(H5T_IEEE_F32BE);
    if (strcmp(name, "i32") == 0)
        return H5Tcopy(H5T_STD_I32LE);
    if (strcmp(name, "f16") != 0)
        return H5Tcopy(H5T_IEEE_F32LE);
    const hid_t half = H5Tcopy(H5T_IEEE_F32LE);
    H5Tset_fields(half, 15, 10, 5, 0, 10);
    H5Tset_size(half, 2);
    H5Tset_ebias(half, 15);
    return half;
}

static void add_tensor(hid_t file, hid_t links, char *line) {
    static const double numbers[MOST_NUMBERS];
    const char *path = word(&line), *type_name = word(&line);
    hsize_t dim[MOST_RANK], count = 1;
    int rank = 0;
    for (const char *at = word(&line); *at && rank < MOST_RANK; ++rank) {
        char *end;
        dim[rank] = strtoul(at, &end, 10) % (MOST_NUMBERS + 1);
        count *= dim[rank];
        count = count > MOST_NUMBERS ? MOST_NUMBERS + 1 : count;
        at = *end ? end + 1 : end;
    }
    if (!*path || count > MOST_NUMBERS)
        return;
    const hid_t type = type_named(type_name), space = H5Screate_simple(rank, dim, NULL);
    const hid_t set =
        space < 0 ? H5I_INVALID_HID : H5Dcreate2(file, path, type, space, links, H5P_DEFAULT, H5P_DEFAULT);
    if (set >= 0) {
        if (count % 5)
            H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                     numbers); /* else it has no data */
        H5Dclose(set);
    }
    if (space >= 0)
        H5Sclose(space);
    H5Tclose(type);
}

static void add_group(hid_t file, hid_t links, char *line) {
    const char *path = word(&line);
    const hid_t group = *path ? H5Gcreate2(file, path, links, H5P_DEFAULT, H5P_DEFAULT) : H5I_INVALID_HID;
    if (group >= 0)
        H5Gclose(group);
}

static void add_texts(hid_t file, hid_t links, bool variable, char *line) {
    enum { WIDTH = 64 };
    char fixed[MOST_TEXTS][WIDTH], *texts[MOST_TEXTS];
    char *path = word(&line);
    const char *name = word(&line);
    hsize_t count = 0;
    for (char *at = line; *at && count < MOST_TEXTS;) {
        char *comma = at + strcspn(at, ",");
        const bool more = *comma;
        *comma = '\0';
        strncpy(fixed[count], at, WIDTH); /* without a NUL where it is long, which HDF5 allows */
        texts[count++] = at;
        at = comma + more;
    }
    add_group(file, links, (char[]){'/', '\0'});
    hid_t group = H5Gopen2(file, *path ? path : "/", H5P_DEFAULT);
    if (group < 0 && *path)
        group = H5Gcreate2(file, path, links, H5P_DEFAULT, H5P_DEFAULT);
    if (group < 0)
        return;
    const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &count, NULL);
    H5Tset_size(type, variable ? H5T_VARIABLE : WIDTH);
    const hid_t attribute =
        *name ? H5Acreate2(group, name, type, space, H5P_DEFAULT, H5P_DEFAULT) : H5I_INVALID_HID;
    if (attribute >= 0) {
        H5Awrite(attribute, type, variable ? (const void *)texts : (const void *)fixed);
        H5Aclose(attribute);
    }
    H5Sclose(space);
    H5Tclose(type);
    H5Gclose(group);
}

static void add_line(hid_t file, hid_t links, char *line) {
    const char kind = line[0];
    char *rest = kind ? line + 1 : line;
    if (kind == 'd')
        add_tensor(file, links, rest);
    else if (kind == 'g')
        add_group(file, links, rest);
    else if (kind == 's' || kind == 'v')
        add_texts(file, links, kind == 'v', rest);
}

static void *make_h5(char *const *lines, size_t count, size_t *size) {
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5set_free_list_limits(-1, -1, -1, -1, -1, -1); /* else every file takes its memory from the system */
    const hid_t access = H5Pcreate(H5P_FILE_ACCESS), links = H5Pcreate(H5P_LINK_CREATE);
    REQUIRE(H5Pset_fapl_core(access, 4096, false) >= 0 && H5Pset_create_intermediate_group(links, 1) >= 0);
    const hid_t file = H5Fcreate("drawn", H5F_ACC_TRUNC, H5P_DEFAULT, access);
    REQUIRE(file >= 0);
    for (size_t i = 0; i < count; ++i)
        add_line(file, links, lines[i]);
    H5Fflush(file, H5F_SCOPE_GLOBAL);
    const ssize_t bytes = H5Fget_file_image(file, NULL, 0);
    REQUIRE(bytes > 0);
    *size = (size_t)bytes;
    void *image = lvk_alloc(*size, 1);
    REQUIRE(image && H5Fget_file_image(file, image, *size) == bytes);
    REQUIRE(H5Fclose(file) >= 0);
    H5Pclose(access);
    H5Pclose(links);
    return image;
}

/* ---- the archive ---- */

static uint32_t crc32_of(const uint8_t *data, size_t size) {
    static uint32_t table[256];
    for (uint32_t i = 0; !table[1] && i < 256; ++i) {
        uint32_t value = 255 - i; /* table[1] comes last but one */
        for (int bit = 0; bit < 8; ++bit)
            value = value >> 1 ^ (value & 1 ? 0xedb88320 : 0);
        table[255 - i] = value;
    }
    uint32_t crc = ~0u;
    for (size_t i = 0; i < size; ++i)
        crc = crc >> 8 ^ table[(crc ^ data[i]) & 255];
    return ~crc;
}

typedef struct zip_bytes {
    uint8_t *bytes;
    size_t size;
} zip_bytes;

static void put(zip_bytes *a, uint64_t value, int bytes) {
    for (int i = 0; i < bytes; ++i)
        a->bytes[a->size++] = (uint8_t)(value >> 8 * i);
}

static void put_bytes(zip_bytes *a, const void *data, size_t size) {
    memcpy(a->bytes + a->size, data, size);
    a->size += size;
}

/* What the two headers of an entry share. */
static void put_entry(zip_bytes *a, const char *name, const void *data, size_t size) {
    put(a, 20, 2);
    put(a, 0, 4);          /* flags, method: stored */
    put(a, 0x21 << 16, 4); /* 1980-01-01 */
    put(a, crc32_of(data, size), 4);
    put(a, size, 4);
    put(a, size, 4);
    put(a, strlen(name), 2);
    put(a, 0, 2);
}

static void *make_archive(const void *const data[2], const size_t sizes[2], size_t *size) {
    static const char *const names[2] = {"config.json", "model.weights.h5"};
    zip_bytes a = {.bytes = lvk_alloc(sizes[0] + sizes[1] + 512, 1)};
    size_t offsets[2];
    REQUIRE(a.bytes);
    for (int i = 0; i < 2; ++i) {
        offsets[i] = a.size;
        put(&a, 0x04034b50, 4);
        put_entry(&a, names[i], data[i], sizes[i]);
        put_bytes(&a, names[i], strlen(names[i]));
        put_bytes(&a, data[i], sizes[i]);
    }
    const size_t directory = a.size;
    for (int i = 0; i < 2; ++i) {
        put(&a, 0x02014b50, 4);
        put(&a, 20, 2);
        put_entry(&a, names[i], data[i], sizes[i]);
        put(&a, 0, 2); /* no comment, */
        put(&a, 0, 8); /* the first disk, no attributes */
        put(&a, offsets[i], 4);
        put_bytes(&a, names[i], strlen(names[i]));
    }
    const size_t length = a.size - directory;
    put(&a, 0x06054b50, 4);
    put(&a, 0, 4);
    put(&a, 2 << 16 | 2, 4);
    put(&a, length, 4);
    put(&a, directory, 4);
    put(&a, 0, 2);
    *size = a.size;
    return a.bytes;
}

void *fuzz_keras_file(fuzz_input input, bool archive, size_t *size) {
    char *lines[MOST_LINES];
    size_t count = 0, image_size;
    lvk_text config = {0};
    for (; count < MOST_LINES && input.left; ++count) {
        const fuzz_input line = fuzz_line(&input);
        lines[count] = fuzz_string(line.at, line.left);
        if (lines[count][0] == 'c')
            lvk_text_add(&config, "%s\n", lines[count] + 1);
    }
    void *image = make_h5(lines, count, &image_size), *all = image;
    *size = image_size;
    if (archive) {
        char *text;
        size_t length;
        REQUIRE(lvk_text_take(&config, &text, &length) == LVK_OK);
        all = make_archive((const void *const[]){text, image}, (const size_t[]){length, image_size}, size);
        lvk_free(text);
        lvk_free(image);
    } else {
        lvk_text_finish(&config);
    }
    for (size_t i = 0; i < count; ++i)
        lvk_free(lines[i]);
    return all;
}
