/* phone_shim.cc: libphonenumber behind functions of C. Built as a module of its own (hustings-phone.so), so that whoever reads no numbers carries no C++.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * No exception leaves it: C could not catch one. phone.c has the other side.
 */
#include <phonenumbers/phonenumberutil.h>

#include <cstring>
#include <string>

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

namespace {

/* Text with its end, if there is room. */
bool give(const std::string &text, char *out, std::size_t room)
{
    if (text.empty() || text.size() >= room) return false;
    std::memcpy(out, text.c_str(), text.size() + 1);
    return true;
}

bool read(const std::string &typed, const std::string &region, char *e164, std::size_t room)
{
    const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    if (util->Parse(typed, region, &number) != PhoneNumberUtil::NO_PARSING_ERROR) return false;
    if (util->IsPossibleNumberWithReason(number) != PhoneNumberUtil::IS_POSSIBLE) return false;
    std::string text;
    util->Format(number, PhoneNumberUtil::E164, &text);
    return give(text, e164, room);
}

bool show(const std::string &e164, const std::string &region, char *shown, std::size_t room)
{
    const PhoneNumberUtil *util = PhoneNumberUtil::GetInstance();
    PhoneNumber number;
    if (util->Parse(e164, "ZZ", &number) != PhoneNumberUtil::NO_PARSING_ERROR) return false;
    bool at_home = number.country_code() == util->GetCountryCodeForRegion(region);
    std::string text;
    util->Format(number, at_home ? PhoneNumberUtil::NATIONAL : PhoneNumberUtil::INTERNATIONAL, &text);
    return give(text, shown, room);
}

} // namespace

#define EXPORTED extern "C" __attribute__((visibility("default")))

/* Read its tables now: false when it cannot. */
EXPORTED bool hustings_phone_begin() noexcept
try {
    return PhoneNumberUtil::GetInstance() != nullptr;
} catch (...) {
    return false;
}

EXPORTED bool hustings_phone_read(const char *typed, std::size_t len, const char *region, char *e164, std::size_t room) noexcept
try {
    return read(std::string(typed, len), region, e164, room);
} catch (...) {
    return false;
}

EXPORTED bool hustings_phone_shown(const char *e164, std::size_t len, const char *region, char *shown, std::size_t room) noexcept
try {
    return show(std::string(e164, len), region, shown, room);
} catch (...) {
    return false;
}
