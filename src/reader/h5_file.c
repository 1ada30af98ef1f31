#include "reader/h5_file.h"

#include "core/text.h"

#include <hdf5.h>
#include <string.h>

struct lvk_h5_file {
    const char *name;
    size_t size;
    hid_t id;
};

static lvk_status fail(const lvk_h5_file *file, const char *path, const char *reason) {
    return lvk_fail(LVK_ERROR_FORMAT, "%s: \"%s\" %s", file->name, path, reason);
}

/* ---- opening ---- */

/* Makes a file access list with which HDF5 reads `bytes` as the file. */
static hid_t list_of_image(const void *bytes, size_t size) {
    const hid_t list = H5Pcreate(H5P_FILE_ACCESS);
    if (list < 0)
        return list;
    if (H5Pset_fapl_core(list, (size_t)1 << 20, false) >= 0 &&
        H5Pset_file_image(list, (void *)bytes, size) >= 0)
        return list;
    H5Pclose(list);
    return H5I_INVALID_HID;
}

lvk_status lvk_h5_open(const char *name, const void *bytes, size_t size, lvk_h5_file **result) {
    *result = NULL;
    lvk_h5_file *file = lvk_alloc(1, sizeof *file);
    if (!file)
        return LVK_ERROR_MEMORY;
    *file = (lvk_h5_file){.name = name, .size = size, .id = H5I_INVALID_HID};
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    H5PLset_loading_state(0); /* else a file could name filters, which HDF5 loads as libraries */
    const hid_t list = list_of_image(bytes, size);
    if (list >= 0) {
        file->id = H5Fopen("image", H5F_ACC_RDONLY, list);
        H5Pclose(list);
    }
    if (file->id < 0) {
        lvk_h5_close(&file);
        return lvk_fail(LVK_ERROR_FORMAT, "%s: is not a whole HDF5 file (truncated or damaged?)", name);
    }
    *result = file;
    return LVK_OK;
}

void lvk_h5_close(lvk_h5_file **pointer) {
    if (!pointer || !*pointer)
        return;
    lvk_h5_file *file = *pointer;
    *pointer = NULL;
    if (file->id >= 0)
        H5Fclose(file->id);
    lvk_free(file);
}

const char *lvk_h5_name(const lvk_h5_file *file) {
    return file->name;
}

/* ---- walking ---- */

/* Opens the member `name` of a group, below 0 if no hard link has that name. Fails where that cannot be told, or a link leads nowhere;
 * `path` is for the error line. */
static lvk_status open_member(const lvk_h5_file *file, const char *path, hid_t group, const char *name,
                              hid_t *member) {
    H5L_info_t link;
    *member = H5I_INVALID_HID;
    const htri_t found = H5Iget_type(group) == H5I_GROUP ? H5Lexists(group, name, H5P_DEFAULT) : 0;
    if (found == 0)
        return LVK_OK;
    if (found > 0 && H5Lget_info(group, name, &link, H5P_DEFAULT) >= 0) {
        if (link.type != H5L_TYPE_HARD)
            return LVK_OK;
        *member = H5Oopen(group, name, H5P_DEFAULT);
    }
    return *member >= 0 ? LVK_OK : fail(file, path, "cannot be looked for (damaged?)");
}

/* Opens the object at `path`, one link after the other; below 0 if there is none of that type. */
static lvk_status open_object(const lvk_h5_file *file, const char *path, H5I_type_t type, hid_t *object) {
    char name[LVK_READER_MAX_NAME + 1];
    const char *rest = path;
    *object = H5Gopen2(file->id, "/", H5P_DEFAULT);
    if (*object < 0)
        return fail(file, "/", "cannot be opened (damaged?)");
    while (*object >= 0 && *rest) {
        const size_t length = strcspn(rest, "/");
        hid_t member = H5I_INVALID_HID;
        lvk_status status = LVK_OK;
        if (length > 0 && length < sizeof name) {
            memcpy(name, rest, length);
            name[length] = '\0';
            status = open_member(file, path, *object, name, &member);
        }
        H5Oclose(*object);
        *object = member;
        LVK_TRY(status);
        rest += length + (rest[length] == '/');
    }
    if (*object >= 0 && H5Iget_type(*object) != type) {
        H5Oclose(*object);
        *object = H5I_INVALID_HID;
    }
    return LVK_OK;
}

static lvk_status open_group(const lvk_h5_file *file, const char *path, hid_t *group) {
    LVK_TRY(open_object(file, path, H5I_GROUP, group));
    return *group >= 0 ? LVK_OK : fail(file, path, "is no group of this file");
}

lvk_status lvk_h5_has_group(const lvk_h5_file *file, const char *path, bool *has) {
    hid_t group;
    LVK_TRY(open_object(file, path, H5I_GROUP, &group));
    *has = group >= 0;
    if (*has)
        H5Gclose(group);
    return LVK_OK;
}

lvk_status lvk_h5_members(const lvk_h5_file *file, const char *path, size_t *count) {
    hid_t group;
    H5G_info_t info;
    LVK_TRY(open_group(file, path, &group));
    const bool known = H5Gget_info(group, &info) >= 0;
    H5Gclose(group);
    if (!known)
        return fail(file, path, "is damaged: its members cannot be counted");
    *count = (size_t)info.nlinks;
    return LVK_OK;
}

/* ---- attributes ---- */

/* Opens an attribute of a group, below 0 if there is none of that name. */
static lvk_status open_attribute(const lvk_h5_file *file, const char *path, const char *name,
                                 hid_t *attribute) {
    hid_t group;
    LVK_TRY(open_group(file, path, &group));
    const htri_t found = H5Aexists(group, name);
    *attribute = found > 0 ? H5Aopen(group, name, H5P_DEFAULT) : H5I_INVALID_HID;
    H5Gclose(group);
    if (found == 0 || *attribute >= 0)
        return LVK_OK;
    return lvk_fail(LVK_ERROR_FORMAT, "%s: attribute \"%s\" of \"%s\" cannot be looked for (damaged?)",
                    file->name, name, *path ? path : "/");
}

lvk_status lvk_h5_has_attribute(const lvk_h5_file *file, const char *path, const char *name, bool *has) {
    hid_t attribute;
    LVK_TRY(open_attribute(file, path, name, &attribute));
    *has = attribute >= 0;
    if (*has)
        H5Aclose(attribute);
    return LVK_OK;
}

/* An open attribute. */
typedef struct attribute {
    const lvk_h5_file *file;
    const char *path, *name;
    hid_t id, type, space;
    size_t count;
} attribute;

static lvk_status fail_attribute(const attribute *a, const char *reason) {
    return lvk_fail(LVK_ERROR_FORMAT, "%s: attribute \"%s\" of \"%s\" %s", a->file->name, a->name,
                    *a->path ? a->path : "/", reason);
}

static lvk_status keep_string(const attribute *a, lvk_arena *arena, const char *given, const char **string) {
    char *text = lvk_arena_strdup(arena, given ? given : "");
    if (!text)
        return LVK_ERROR_MEMORY;
    const size_t length = strlen(text);
    lvk_text_make_printable(text);
    if (length == 0 || length > LVK_READER_MAX_NAME || strcmp(text, given) != 0)
        return fail_attribute(a, "has an empty, an unprintable or a too long name");
    *string = text;
    return LVK_OK;
}

static lvk_status read_variable(const attribute *a, lvk_arena *arena, const char **strings) {
    char **given = lvk_alloc(a->count, sizeof *given);
    if (!given)
        return LVK_ERROR_MEMORY;
    lvk_status status = H5Aread(a->id, a->type, given) < 0 ? fail_attribute(a, "cannot be read") : LVK_OK;
    const bool filled = status == LVK_OK;
    for (size_t i = 0; status == LVK_OK && i < a->count; ++i)
        status = keep_string(a, arena, given[i], &strings[i]);
    if (filled)
        H5Dvlen_reclaim(a->type, a->space, H5P_DEFAULT, given);
    lvk_free(given);
    return status;
}

static lvk_status read_fixed(attribute *a, lvk_arena *arena, const char **strings) {
    const size_t size = H5Tget_size(a->type) + 1;
    if (size < 2 || size > LVK_READER_MAX_NAME + 1)
        return fail_attribute(a, "has strings of too many bytes");
    if (H5Tset_size(a->type, size) < 0 || H5Tset_strpad(a->type, H5T_STR_NULLTERM) < 0)
        return fail_attribute(a, "cannot be read");
    char *given = lvk_alloc(a->count, size);
    if (!given)
        return LVK_ERROR_MEMORY;
    lvk_status status = H5Aread(a->id, a->type, given) < 0 ? fail_attribute(a, "cannot be read") : LVK_OK;
    for (size_t i = 0; status == LVK_OK && i < a->count; ++i) {
        given[(i + 1) * size - 1] = '\0';
        status = keep_string(a, arena, given + i * size, &strings[i]);
    }
    lvk_free(given);
    return status;
}

static lvk_status read_attribute(attribute *a, lvk_arena *arena, const char ***strings) {
    const hssize_t elements = a->space < 0 ? -1 : H5Sget_simple_extent_npoints(a->space);
    if (elements < 0)
        return fail_attribute(a, "cannot be read");
    if (elements > LVK_H5_MAX_STRINGS)
        return fail_attribute(a, "has too many elements");
    a->count = (size_t)elements;
    *strings = lvk_arena_alloc(arena, a->count, sizeof **strings);
    if (!*strings)
        return LVK_ERROR_MEMORY;
    if (a->count == 0)
        return LVK_OK;
    if (a->type < 0 || H5Tget_class(a->type) != H5T_STRING)
        return fail_attribute(a, "is not text");
    return H5Tis_variable_str(a->type) > 0 ? read_variable(a, arena, *strings)
                                           : read_fixed(a, arena, *strings);
}

/* The attribute's type, a copy that may be changed. */
static hid_t type_of_attribute(hid_t id) {
    const hid_t stored = H5Aget_type(id);
    if (stored < 0)
        return stored;
    const hid_t type = H5Tcopy(stored);
    H5Tclose(stored);
    return type;
}

lvk_status lvk_h5_strings(const lvk_h5_file *file, const char *path, const char *name, lvk_arena *arena,
                          const char ***strings, size_t *count) {
    attribute a = {.file = file, .path = path, .name = name};
    LVK_TRY(open_attribute(file, path, name, &a.id));
    if (a.id < 0)
        return fail_attribute(&a, "is missing");
    a.type = type_of_attribute(a.id);
    a.space = H5Aget_space(a.id);
    const lvk_status status = read_attribute(&a, arena, strings);
    *count = a.count;
    if (a.type >= 0)
        H5Tclose(a.type);
    if (a.space >= 0)
        H5Sclose(a.space);
    H5Aclose(a.id);
    return status;
}

/* ---- datasets ---- */

/* The number of bits of an IEEE 754 float type; 0 for any other type. */
static size_t bits_of_float(hid_t type) {
    static const struct {
        size_t bytes, exponent, mantissa, bias;
    } forms[] = {{2, 5, 10, 15}, {4, 8, 23, 127}, {8, 11, 52, 1023}};
    size_t sign, exponent, exponent_size, mantissa, mantissa_size;
    const H5T_order_t order = H5Tget_order(type);
    if (H5Tget_class(type) != H5T_FLOAT || (order != H5T_ORDER_LE && order != H5T_ORDER_BE) ||
        H5Tget_fields(type, &sign, &exponent, &exponent_size, &mantissa, &mantissa_size) < 0 ||
        H5Tget_norm(type) != H5T_NORM_IMPLIED || H5Tget_offset(type) != 0)
        return 0;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; ++i) {
        const size_t bits = 8 * forms[i].bytes;
        if (H5Tget_size(type) == forms[i].bytes && H5Tget_precision(type) == bits && sign == bits - 1 &&
            exponent == forms[i].mantissa && exponent_size == forms[i].exponent && mantissa == 0 &&
            mantissa_size == forms[i].mantissa && H5Tget_ebias(type) == forms[i].bias)
            return bits;
    }
    return 0;
}

static lvk_status fail_type(const lvk_h5_file *file, const char *path, hid_t type) {
    static const char *const names[] = {
        [H5T_INTEGER] = "integers", [H5T_FLOAT] = "floats that are not IEEE 754's",
        [H5T_STRING] = "text",      [H5T_COMPOUND] = "records",
        [H5T_ENUM] = "enumerators", [H5T_ARRAY] = "arrays"};
    const H5T_class_t kind = H5Tget_class(type);
    const bool named = kind >= 0 && (size_t)kind < sizeof names / sizeof *names && names[kind];
    if (kind == H5T_INTEGER)
        return lvk_fail(LVK_ERROR_FORMAT, "%s: \"%s\" is of type %s%zu; float16, 32 and 64 are read",
                        file->name, path, H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int",
                        8 * H5Tget_size(type));
    return lvk_fail(LVK_ERROR_FORMAT, "%s: \"%s\" holds %s; float16, 32 and 64 are read", file->name, path,
                    named ? names[kind] : "something else than numbers");
}

static lvk_status describe_shape(const lvk_h5_file *file, const char *path, hid_t space,
                                 lvk_reader_tensor *tensor) {
    hsize_t dim[H5S_MAX_RANK];
    const int rank = H5Sget_simple_extent_ndims(space);
    const H5S_class_t class = H5Sget_simple_extent_type(space);
    if ((class != H5S_SIMPLE && class != H5S_SCALAR) || rank < 0 || rank > LVK_READER_MAX_RANK ||
        H5Sget_simple_extent_dims(space, dim, NULL) != rank)
        return fail(file, path, "has no shape, or one of more dimensions than are supported");
    tensor->rank = rank;
    tensor->size = sizeof(float);
    for (int i = 0; i < rank; ++i) {
        if (dim[i] < 1)
            return fail(file, path, "is empty");
        if (dim[i] > LVK_H5_MAX_TENSOR / tensor->size)
            return fail(file, path, "is too large");
        tensor->dim[i] = dim[i];
        tensor->size *= dim[i];
    }
    return LVK_OK;
}

/* Fails unless the data lies in the file itself, in one piece. */
static lvk_status check_layout(const lvk_h5_file *file, const char *path, hid_t dataset,
                               H5D_layout_t *layout) {
    const hid_t list = H5Dget_create_plist(dataset);
    *layout = list < 0 ? H5D_LAYOUT_ERROR : H5Pget_layout(list);
    const int outside = list < 0 ? -1 : H5Pget_external_count(list);
    if (list >= 0)
        H5Pclose(list);
    if (outside > 0 || *layout == H5D_VIRTUAL)
        return fail(file, path, "has its data in other files, which are not read");
    if (outside < 0 || (*layout != H5D_CONTIGUOUS && *layout != H5D_COMPACT))
        return fail(file, path, "is stored in chunks (compressed?), which Keras does not do, or is damaged");
    return LVK_OK;
}

static lvk_status check_place(const lvk_h5_file *file, const char *path, hid_t dataset, H5D_layout_t layout,
                              uint64_t size) {
    const haddr_t offset =
        layout == H5D_COMPACT ? 0 : H5Dget_offset(dataset); /* compact data is in the header */
    if (H5Dget_storage_size(dataset) != size || offset == HADDR_UNDEF || offset > file->size ||
        size > file->size - offset)
        return fail(file, path, "has not all of its data in the file (truncated?)");
    return LVK_OK;
}

static lvk_status describe(const lvk_h5_file *file, const char *path, hid_t dataset,
                           lvk_reader_tensor *tensor) {
    H5D_layout_t layout; /* checked first, since reading the shape of a dataset in several files opens them */
    LVK_TRY(check_layout(file, path, dataset, &layout));
    const hid_t type = H5Dget_type(dataset), space = H5Dget_space(dataset);
    const size_t bits = type < 0 ? 0 : bits_of_float(type);
    lvk_status status;
    if (type < 0 || space < 0)
        status = fail(file, path, "has no type or shape (damaged?)");
    else if (bits == 0)
        status = fail_type(file, path, type);
    else
        status = describe_shape(file, path, space, tensor);
    if (status == LVK_OK)
        status = check_place(file, path, dataset, layout, tensor->size / sizeof(float) * (bits / 8));
    if (type >= 0)
        H5Tclose(type);
    if (space >= 0)
        H5Sclose(space);
    return status;
}

lvk_status lvk_h5_describe(const lvk_h5_file *file, const char *path, lvk_reader_tensor *tensor) {
    hid_t dataset;
    LVK_TRY(open_object(file, path, H5I_DATASET, &dataset));
    if (dataset < 0)
        return fail(file, path, "is no tensor of this file");
    const lvk_status status = describe(file, path, dataset, tensor);
    H5Dclose(dataset);
    return status;
}

lvk_status lvk_h5_read(const lvk_h5_file *file, const char *path, const lvk_reader_tensor *tensor,
                       float *destination) {
    const hsize_t count = tensor->size / sizeof(float);
    hid_t dataset;
    LVK_TRY(open_object(file, path, H5I_DATASET, &dataset));
    const hid_t room = H5Screate_simple(1, &count, NULL); /* H5Dread fails if the dataset has another count */
    const bool read = dataset >= 0 && room >= 0 &&
                      H5Dread(dataset, H5T_NATIVE_FLOAT, room, H5S_ALL, H5P_DEFAULT, destination) >= 0;
    if (dataset >= 0)
        H5Dclose(dataset);
    if (room >= 0)
        H5Sclose(room);
    return read ? LVK_OK : fail(file, path, "cannot be read (damaged?)");
}
