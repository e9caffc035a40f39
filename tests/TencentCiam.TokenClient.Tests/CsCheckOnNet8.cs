#if NET8_0
using CsCheck;

namespace TencentCiam.TokenClient.Tests;

/// <summary>The last CsCheck for .NET 8 has a method of CsCheck 5 under another name.</summary>
internal static class CsCheckOnNet8
{
    extension(Gen)
    {
        public static Gen<T> OneOf<T>(params T[] values) => Gen.OneOfConst(values);
    }
}
#endif
