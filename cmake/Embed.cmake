# leukvk_embed(TARGET FILE SYMBOL): makes the text FILE a part of TARGET, as `const char SYMBOL[]`, which ends with a NUL.
#
# Run as a script (-DIN= -DOUT= -DSYMBOL=), this file writes the C source of it. The bytes are written as characters, since
# one above 127 is no value of a char that is signed.

if(CMAKE_SCRIPT_MODE_FILE)
    file(READ ${IN} bytes HEX)
    string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
    string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
    file(WRITE ${OUT} "extern const char ${SYMBOL}[];\nconst char ${SYMBOL}[] = {\n${bytes}0};\n")
    return()
endif()

set(LEUKVK_EMBED ${CMAKE_CURRENT_LIST_FILE})

function(leukvk_embed target file symbol)
    set(out ${PROJECT_BINARY_DIR}/embedded/${symbol}.c)
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/embedded)
    add_custom_command(OUTPUT ${out}
        COMMAND ${CMAKE_COMMAND} -DIN=${file} -DOUT=${out} -DSYMBOL=${symbol} -P ${LEUKVK_EMBED}
        DEPENDS ${file} ${LEUKVK_EMBED} COMMENT "Embedding ${symbol}" VERBATIM)
    target_sources(${target} PRIVATE ${out})
endfunction()
