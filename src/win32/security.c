/* SPDX-License-Identifier: MIT */
#include "security.h"

#include "error.h"

union user {
    TOKEN_USER user;
    unsigned char space[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
};

static BOOL read_user(union user *user)
{
    HANDLE token;
    if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return FALSE;
    DWORD size;
    BOOL done = GetTokenInformation(token, TokenUser, user, sizeof *user, &size);
    DWORD error = GetLastError();
    CloseHandle(token);
    SetLastError(error);
    return done;
}

int kin_win32_owner_only_make(struct kin_win32_owner_only *owner_only)
{
    union user user;
    ACL *list = &owner_only->list.acl;
    SECURITY_DESCRIPTOR *descriptor = &owner_only->descriptor;

    if (!read_user(&user) || !InitializeAcl(list, sizeof owner_only->list, ACL_REVISION) ||
        !AddAccessAllowedAce(list, ACL_REVISION, FILE_ALL_ACCESS, user.user.User.Sid) ||
        !InitializeSecurityDescriptor(descriptor, SECURITY_DESCRIPTOR_REVISION) ||
        !SetSecurityDescriptorDacl(descriptor, TRUE, list, FALSE) ||
        !SetSecurityDescriptorControl(descriptor, SE_DACL_PROTECTED, SE_DACL_PROTECTED))
        return kin_win32_code(GetLastError());

    owner_only->attributes = (SECURITY_ATTRIBUTES){
        .nLength = sizeof owner_only->attributes,
        .lpSecurityDescriptor = descriptor,
        .bInheritHandle = FALSE,
    };
    return 0;
}
