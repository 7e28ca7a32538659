# Which libtorch everything is built on. Without FEATURESCOPE_TORCH the system's (Debian's). With it, the folder `torch`
# of PyTorch's wheel (or any libtorch of the new C++ ABI): `bash app/run.sh --torch pip` sets one up.
#
# A wheel's own TorchConfig.cmake asks for the whole CUDA toolkit when the wheel has CUDA. Nothing here includes a
# header of CUDA, so the libraries are named by themselves, and a machine without the toolkit builds it too.
set(FEATURESCOPE_TORCH "" CACHE PATH "Folder of a libtorch (include/, lib/); empty: the system's")
if(NOT FEATURESCOPE_TORCH)
    find_package(Torch REQUIRED)
    return()
endif()

if(NOT EXISTS ${FEATURESCOPE_TORCH}/include/ATen/ATen.h OR NOT EXISTS ${FEATURESCOPE_TORCH}/lib/libtorch_cpu.so)
    message(FATAL_ERROR "FEATURESCOPE_TORCH=${FEATURESCOPE_TORCH} is no libtorch: it needs include/ATen/ATen.h and "
        "lib/libtorch_cpu.so. In a virtual environment with PyTorch that is the folder "
        "lib/python3.*/site-packages/torch.")
endif()
set(torch_version "an unnamed version")
if(EXISTS ${FEATURESCOPE_TORCH}/version.py)
    file(STRINGS ${FEATURESCOPE_TORCH}/version.py torch_version REGEX "^__version__ = ")
    string(REGEX REPLACE "^__version__ = '(.*)'$" "\\1" torch_version "${torch_version}")
endif()

# A wheel's include folder also holds headers of other libraries (fmt, nlohmann's, ...) that would come before the
# system's of the same name, which spdlog and others were compiled with. So only torch's own are looked at.
set(headers ${CMAKE_BINARY_DIR}/torch_headers)
file(MAKE_DIRECTORY ${headers})
foreach(folder ATen c10 caffe2 torch)
    file(REMOVE ${headers}/${folder})
    file(CREATE_LINK ${FEATURESCOPE_TORCH}/include/${folder} ${headers}/${folder} SYMBOLIC)
endforeach()
set(TORCH_INCLUDE_DIRS ${headers} ${headers}/torch/csrc/api/include)

# libtorch_cuda registers CUDA when it is loaded and no symbol of ours asks for it: it is to stay among what is needed.
add_library(torch INTERFACE IMPORTED)
target_include_directories(torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
set(libraries torch_cpu c10)
set(FEATURESCOPE_TORCH_HAS_CUDA OFF)
if(EXISTS ${FEATURESCOPE_TORCH}/lib/libtorch_cuda.so)
    set(FEATURESCOPE_TORCH_HAS_CUDA ON)
    list(APPEND libraries torch_cuda c10_cuda)
endif()
list(TRANSFORM libraries REPLACE "(.+)" "${FEATURESCOPE_TORCH}/lib/lib\\1.so")
list(JOIN libraries "," needed)
target_link_libraries(torch INTERFACE "-Wl,--push-state,--no-as-needed,${needed},--pop-state")
set_property(TARGET torch PROPERTY INTERFACE_LINK_OPTIONS "-Wl,-rpath,${FEATURESCOPE_TORCH}/lib")
# Wheels bring Gloo's code but not its headers. Debian's serve: of their types this program only passes pointers on,
# from the library's own makers to the library's own group (core/workers/workers.cpp).
find_path(GLOO_HEADERS gloo/rendezvous/store.h)
if(GLOO_HEADERS)
    set_property(TARGET torch PROPERTY INTERFACE_COMPILE_DEFINITIONS USE_DISTRIBUTED USE_C10D_GLOO)
endif()
if(FEATURESCOPE_TORCH_HAS_CUDA)
    message(STATUS "libtorch ${torch_version} with CUDA in ${FEATURESCOPE_TORCH}")
else()
    message(STATUS "libtorch ${torch_version} without CUDA in ${FEATURESCOPE_TORCH}")
endif()
