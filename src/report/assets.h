/* Texts that are part of the page, embedded when the program is built (cmake/Report.cmake). */
#ifndef LVK_REPORT_ASSETS_H
#define LVK_REPORT_ASSETS_H

extern const char lvk_report_style[], lvk_report_script[]; /* page.css, page.js */

#ifdef LVK_D3 /* D3's modules, of Debian's packages */
extern const char lvk_report_d3_selection[], lvk_report_d3_array[], lvk_report_d3_licence[];
#endif

#endif
