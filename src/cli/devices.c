/* leukvk devices: what this machine has to compute on. */
#include "options.h"
#include "ui/format.h"
#include "ui/json_text.h"
#include "ui/output.h"
#include "ui/table.h"
#include "verb.h"

#include "leukvk/leukvk.h"

#include <inttypes.h>
#include <stdio.h>

enum { OPTION_JSON = 256 };

static const struct argp_option options[] = {
    OPTION_HEADING("Output:", GROUP_OUTPUT),
    {"json", OPTION_JSON, 0, 0, "Print a JSON array with all properties of each device", GROUP_OUTPUT},
    {0}};

static const char documentation[] =
    "Lists the devices that leukvk can compute on, with the number that --device takes. The device marked * is "
    "the default: a discrete graphics card, else an integrated one, else a virtual one, else cpu, the processor "
    "(by oneDNN), else a Vulkan driver that computes on the processor; of equal devices the one with more memory. "
    "The device reference is plain C, for comparison."
    "\v"
    "Examples:\n"
    "  leukvk devices\n"
    "  leukvk devices --json\n"
    "\n"
    "A device by its number, by a part of its name, and the processor:\n"
    "  leukvk train --data DIR --device 1\n"
    "  leukvk train --data DIR --device nvidia\n"
    "  leukvk train --data DIR --device cpu\n";

static error_t parse_option(int key, char *text, struct argp_state *state) {
    switch (key) {
    case OPTION_JSON:
        *(bool *)state->input = true;
        return 0;
    case ARGP_KEY_ARG:
        argp_failure(state, EXIT_USAGE, 0, "takes no arguments, '%s' was given", text);
        return 0;
    default:
        return ARGP_ERR_UNKNOWN;
    }
}

static void print_table(const lvk_device_list *list) {
    table t = {0};
    table_column(&t, "");
    table_number_column(&t, "#");
    table_column(&t, "device");
    table_column(&t, "type");
    table_column(&t, "Vulkan");
    table_number_column(&t, "memory");
    table_number_column(&t, "binding");
    table_number_column(&t, "subgroup");
    table_column(&t, "driver");
    for (size_t i = 0; i < list->count; ++i) {
        const lvk_device_info *device = &list->devices[i];
        char text[FORMAT_SIZE];
        table_cell(&t, "%s", device->preferred ? "*" : "");
        table_cell(&t, "%" PRIu32, device->index);
        table_cell(&t, "%s", device->name);
        table_cell(&t, "%s", lvk_device_type_name(device->type));
        if (device->type == LVK_DEVICE_REFERENCE ||
            device->type == LVK_DEVICE_CPU) { /* no Vulkan, no limits */
            table_cell(&t, "%s", "");
            table_cell(&t, "%s", device->memory ? format_bytes(text, device->memory) : "");
            table_cell(&t, "%s", "");
            table_cell(&t, "%s", "");
        } else {
            table_cell(&t, "%" PRIu32 ".%" PRIu32 ".%" PRIu32, device->api_version[0], device->api_version[1],
                       device->api_version[2]);
            table_cell(&t, "%s", device->memory ? format_bytes(text, device->memory) : "");
            table_cell(&t, "%s",
                       device->max_storage_range ? format_bytes(text, device->max_storage_range) : "");
            if (device->subgroup_size)
                table_cell(&t, "%" PRIu32, device->subgroup_size);
            else
                table_cell(&t, "%s", device->usable ? "varies" : "");
        }
        table_cell(&t, "%s", device->driver);
    }
    table_print(&t, stdout);
    table_finish(&t);
    for (size_t i = 0; i < list->count; ++i)
        if (!list->devices[i].usable)
            printf("\n%s cannot be used: %s\n", shown(list->devices[i].name),
                   shown(list->devices[i].unsupported));
        else if (list->devices[i].note[0])
            printf("\n%s: %s\n", shown(list->devices[i].name), shown(list->devices[i].note));
    if (list->vulkan[0])
        printf("\nNo Vulkan devices: %s\n", shown(list->vulkan));
}

static void print_json_field(const char *name, const char *text) {
    printf("\"%s\": ", name);
    print_json_text(text);
    printf(", ");
}

static void print_json_device(const lvk_device_info *device) {
    printf("  {\"index\": %" PRIu32 ", ", device->index);
    print_json_field("name", device->name);
    print_json_field("type", lvk_device_type_name(device->type));
    print_json_field("driver", device->driver);
    print_json_field("uuid", device->uuid);
    printf("\"software\": %s, \"usable\": %s, \"preferred\": %s, ", device->software ? "true" : "false",
           device->usable ? "true" : "false", device->preferred ? "true" : "false");
    print_json_field("obstacle", device->unsupported);
    print_json_field("note", device->note);
    printf("\"api_version\": \"%" PRIu32 ".%" PRIu32 ".%" PRIu32 "\", \"vendor_id\": %" PRIu32
           ", \"device_id\": %" PRIu32 ", ",
           device->api_version[0], device->api_version[1], device->api_version[2], device->vendor_id,
           device->device_id);
    printf("\"memory\": %" PRIu64 ", \"max_allocation\": %" PRIu64 ", \"max_storage_range\": %" PRIu64
           ", \"max_invocations\": %" PRIu32 ", \"max_shared_memory\": %" PRIu32 ", \"max_groups\": %" PRIu32
           ", \"subgroup_size\": %" PRIu32 ", \"subgroup_shuffle\": %s, \"subgroup_broadcast\": %s"
           ", \"rounds_to_nearest\": %s}",
           device->memory, device->max_allocation, device->max_storage_range, device->max_invocations,
           device->max_shared_memory, device->max_groups, device->subgroup_size,
           device->subgroup_shuffle ? "true" : "false", device->subgroup_broadcast ? "true" : "false",
           device->rounds_to_nearest ? "true" : "false");
}

static void print_json(const lvk_device_list *list) {
    printf("[\n");
    for (size_t i = 0; i < list->count; ++i) {
        print_json_device(&list->devices[i]);
        printf(i + 1 < list->count ? ",\n" : "\n");
    }
    printf("]\n");
    if (list->vulkan[0])
        fprintf(stderr, "leukvk: no Vulkan devices: %s\n", shown(list->vulkan));
}

static int run(int argc, char **argv) {
    static const struct argp parser = {.options = options, .parser = parse_option, .doc = documentation};
    bool json = false;
    parse_arguments(&parser, argc, argv, &json);
    lvk_device_list *list = NULL;
    const lvk_status status = lvk_device_list_create(&list);
    if (status != LVK_OK)
        return report_failure((int)status);
    if (json)
        print_json(list);
    else
        print_table(list);
    lvk_device_list_destroy(&list);
    return EXIT_OK;
}

extern const verb verb_devices;
const verb verb_devices = {.name = "devices", .summary = "list the devices of this machine", .run = run};
