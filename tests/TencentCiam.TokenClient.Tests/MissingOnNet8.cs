#if NET8_0
using System.Security.Cryptography.X509Certificates;
using CsCheck;

namespace TencentCiam.TokenClient.Tests;

/// <summary>.NET 8 loads certificates with a constructor, which later versions declare obsolete.</summary>
internal static class X509CertificateLoader
{
    public static X509Certificate2 LoadPkcs12(byte[] data, string? password) => new(data, password);
}

/// <summary>The last CsCheck that supports .NET 8 has this method of CsCheck 5 under another name.</summary>
internal static class GenExtensions
{
    extension(Gen)
    {
        public static Gen<T> OneOf<T>(params T[] values) => Gen.OneOfConst(values);
    }
}
#endif
