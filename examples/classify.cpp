// example-classify-cpp MODEL IMAGE.ppm: prints the probability of the positive class, of a model and a picture that are in
// memory. The picture is a PPM file of 8 bits (P6), whose pixels the program reads itself.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <leukvk/leukvk.h>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

// An object of the library that is destroyed with its scope.
template <class T, void (*destroy)(T **)> struct Destroy {
    void operator()(T *object) const {
        destroy(&object);
    }
};
using Device = std::unique_ptr<lvk_device, Destroy<lvk_device, lvk_device_close>>;
using Classifier = std::unique_ptr<lvk_classifier, Destroy<lvk_classifier, lvk_classifier_close>>;
using Picture = std::unique_ptr<lvk_picture, Destroy<lvk_picture, lvk_picture_free>>;

void check(lvk_status status) {
    if (status != LVK_OK)
        throw std::runtime_error(lvk_error_message());
}

std::vector<char> read(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    if (!file)
        throw std::runtime_error(path + ": cannot be read");
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

// The size, and where the pixels begin.
std::size_t parse_ppm(const std::vector<char> &bytes, uint32_t &width, uint32_t &height) {
    unsigned w = 0, h = 0;
    int begin = 0;
    const std::string head(bytes.begin(),
                           bytes.begin() + std::min<std::ptrdiff_t>(bytes.end() - bytes.begin(), 64));
    if (std::sscanf(head.c_str(), "P6 %u %u 255%*1[ \n]%n", &w, &h, &begin) != 2 || begin == 0 || w > 8192 ||
        h > 8192 || bytes.size() != begin + std::size_t(3) * w * h)
        throw std::runtime_error("the picture is no PPM file of 8 bits without comments");
    width = w;
    height = h;
    return std::size_t(begin);
}

void classify(const std::string &model_path, const std::string &picture_path) {
    lvk_device *device = nullptr;
    check(lvk_device_open(nullptr, &device));
    const Device device_owner(device);

    const std::vector<char> model = read(model_path);
    lvk_classifier *classifier = nullptr;
    check(lvk_classifier_open_memory(device, model_path.c_str(), model.data(), model.size(), nullptr,
                                     &classifier));
    const Classifier classifier_owner(classifier);

    const std::vector<char> ppm = read(picture_path);
    lvk_pixels pixels = {};
    pixels.rgb = reinterpret_cast<const uint8_t *>(ppm.data()) + parse_ppm(ppm, pixels.width, pixels.height);
    lvk_picture *picture = nullptr;
    check(lvk_picture_create(classifier, picture_path.c_str(), &pixels, &picture));
    const Picture picture_owner(picture);

    lvk_prediction row;
    const lvk_picture *const pictures[] = {picture};
    check(lvk_classifier_predict_pictures(classifier, pictures, 1, &row));
    std::printf("%s: p_%s %.6f\n", row.path, lvk_classifier_get_info(classifier)->positive_class, row.p);
}

} // namespace

int main(int count, char **words) {
    if (count != 3)
        return 2;
    try {
        classify(words[1], words[2]);
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return 0;
}
