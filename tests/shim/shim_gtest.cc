// SPDX-License-Identifier: MIT
// The tests of the C files as tests of GoogleTest, by its public interface alone.
#include <gtest/gtest.h>

#include <string>

#include "shim_internal.h"

namespace
{

class Case : public ::testing::Test
{
  public:
    Case(const shim_test *test, const void *row) : test_(test), row_(row)
    {
    }
    void TestBody() override
    {
        shim_run(test_, row_);
    }

  private:
    const shim_test *test_;
    const void *row_;
};

void add(const shim_test *test, const std::string &name, const void *row)
{
    ::testing::RegisterTest(test->suite, name.c_str(), nullptr, nullptr, test->file, test->line,
                            [=]() -> ::testing::Test * { return new Case(test, row); });
}

void add_rows(const shim_test *test)
{
    for (size_t i = 0; i < test->row_count; i++) {
        const void *row = static_cast<const char *>(test->rows) + i * test->row_size;
        const char *name = *static_cast<const char *const *>(row);

        add(test, std::string(test->name) + "/" + name, row);
    }
}

void add_all()
{
    for (const shim_test *test = shim_first_test(); test != nullptr; test = test->next) {
        if (test->row_body != nullptr)
            add_rows(test);
        else
            add(test, test->name, nullptr);
    }
}

} // namespace

extern "C" void shim_runner_failed(const char *file, int line, const char *message)
{
    ADD_FAILURE_AT(file, line) << message;
}

extern "C" void shim_runner_skipped(const char *file, int line, const char *message)
{
    [=]() { GTEST_SKIP() << file << ":" << line << ": " << message; }();
}

int main(int argc, char **argv)
{
    int code = 0;

    if (shim_dispatch(&code))
        return code;
    ::testing::InitGoogleTest(&argc, argv);
    add_all();
    return RUN_ALL_TESTS();
}
