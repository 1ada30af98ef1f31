# What the packages depend on beside what dpkg-shlibdeps finds in their files: the libraries of the program leukvk-reader, which
# lies in others (src/formats/reader_program.c). CPack runs this before it packs (CPACK_PROJECT_CONFIG_FILE).
set(folder ${CPACK_LEUKVK_READER_FOLDER}/packaging/needs)
file(WRITE ${folder}/debian/control "")
execute_process(COMMAND dpkg-shlibdeps -O -e${CPACK_LEUKVK_READER_FOLDER}/leukvk-reader WORKING_DIRECTORY ${folder}
    OUTPUT_VARIABLE needs OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET COMMAND_ERROR_IS_FATAL ANY)
string(REGEX REPLACE "^shlibs:Depends=" "" needs "${needs}")
string(REPLACE ", " ";" needs "${needs}")
list(FILTER needs EXCLUDE REGEX "^lib(c6|jansson|xxhash)") # which the files of the packages need as well
list(JOIN needs ", " needs)
set(CPACK_DEBIAN_TOOLS_PACKAGE_DEPENDS "${needs}")
set(CPACK_DEBIAN_RUNTIME_PACKAGE_DEPENDS "${needs}")
