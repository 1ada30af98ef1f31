# The style, the script and D3's modules inside the program (src/report/assets.h).
#
# D3 comes from Debian's packages node-d3-selection and node-d3-array, with their licence. Where one is missing the page has
# its figures and tables, and no controls.

set(report_selection /usr/share/nodejs/d3-selection/dist/d3-selection.min.js)
set(report_array /usr/share/nodejs/d3-array/dist/d3-array.min.js)
set(report_licence /usr/share/doc/node-d3-selection/copyright)
option(LEUKVK_D3 "controls in reports, by D3 (Debian: node-d3-selection node-d3-array)" ON)

leukvk_embed(leukvk_report ${PROJECT_SOURCE_DIR}/src/report/page.css lvk_report_style)
leukvk_embed(leukvk_report ${PROJECT_SOURCE_DIR}/src/report/page.js lvk_report_script)
if(LEUKVK_D3 AND EXISTS ${report_selection} AND EXISTS ${report_array} AND EXISTS ${report_licence})
    leukvk_embed(leukvk_report ${report_selection} lvk_report_d3_selection)
    leukvk_embed(leukvk_report ${report_array} lvk_report_d3_array)
    leukvk_embed(leukvk_report ${report_licence} lvk_report_d3_licence)
    target_compile_definitions(leukvk_report PRIVATE LVK_D3)
elseif(LEUKVK_D3)
    message(NOTICE "Reports have no controls: D3 is missing (Debian: node-d3-selection node-d3-array). tools/setup.sh installs it.")
endif()
