# What the programs read at run time lies in one folder of the build: a copy of resources/ (without pictures), where what
# the repository keeps packed (*.tar.xz: harvests, at half their size, and weights) is unpacked. Done again when one of
# them changes. An archive is made so:
#   tar --owner=0 --group=0 --mtime=@0 -cf - NAME.sqlite | xz -9e > harvest.tar.xz
#   tar --owner=0 --group=0 --mtime=@0 -cf - saes | xz --lzma2=preset=9e,lc=0,lp=1,pb=1 > saes.tar.xz
set(FEATURESCOPE_RESOURCES ${CMAKE_BINARY_DIR}/resources)
set(source ${CMAKE_SOURCE_DIR}/resources)
file(GLOB_RECURSE shipped CONFIGURE_DEPENDS ${source}/builtin/* ${source}/packs/* ${source}/desktop/*)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${shipped})
foreach(file ${shipped})
    file(RELATIVE_PATH place ${source} ${file})
    cmake_path(GET place PARENT_PATH folder)
    if(NOT file MATCHES "\\.tar\\.xz$")
        file(COPY ${file} DESTINATION ${FEATURESCOPE_RESOURCES}/${folder})
        continue()
    endif()
    cmake_path(GET place FILENAME name)
    set(stamp ${FEATURESCOPE_RESOURCES}/${folder}/.${name}.unpacked)
    if(NOT EXISTS ${stamp} OR ${file} IS_NEWER_THAN ${stamp})
        file(ARCHIVE_EXTRACT INPUT ${file} DESTINATION ${FEATURESCOPE_RESOURCES}/${folder})
        file(TOUCH ${stamp})
    endif()
endforeach()
