# leukvk_protobuf(NAME FILE.proto): the static library NAME of the messages' C code, which protoc-c makes at build time;
# its header is <FILE.pb-c.h>.

find_program(PROTOC_C protoc-c REQUIRED)
pkg_check_modules(PROTOBUF_C REQUIRED IMPORTED_TARGET libprotobuf-c)

function(leukvk_protobuf name proto)
    get_filename_component(folder ${proto} DIRECTORY)
    get_filename_component(stem ${proto} NAME_WE)
    set(out ${PROJECT_BINARY_DIR}/protobuf)
    file(MAKE_DIRECTORY ${out})
    add_custom_command(OUTPUT ${out}/${stem}.pb-c.c ${out}/${stem}.pb-c.h
        COMMAND ${PROTOC_C} --c_out=${out} --proto_path=${folder} ${proto}
        DEPENDS ${proto} COMMENT "Messages of ${stem}.proto" VERBATIM)
    add_library(${name} STATIC ${out}/${stem}.pb-c.c)
    leukvk_objects(${name})
    target_include_directories(${name} SYSTEM PUBLIC ${out})
    target_link_libraries(${name} PUBLIC PkgConfig::PROTOBUF_C)
endfunction()
