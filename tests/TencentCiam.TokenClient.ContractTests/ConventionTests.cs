using System.Reflection;
using Microsoft.Extensions.DependencyInjection;
using TencentCiam.TokenClient.Testing;

namespace TencentCiam.TokenClient.ContractTests;

/// <summary>The conventions that every public type follows, including those added later.</summary>
public sealed class ConventionTests
{
    private static readonly Assembly Library = typeof(CiamTokenClient).Assembly;
    private static readonly Assembly Emulator = typeof(CiamPortalEmulator).Assembly;
    private static readonly Type[] PublicTypes = [.. Library.GetExportedTypes(), .. Emulator.GetExportedTypes()];

    [Fact]
    public void The_library_exposes_only_the_types_of_the_contract()
        => AssertTypes(
            Library,
            typeof(CiamAccessToken),
            typeof(CiamBearerTokenHandler),
            typeof(CiamBearerTokenHandlerOptions),
            typeof(CiamClientAuthentication),
            typeof(CiamClientCredentialsHealthChecksBuilderExtensions),
            typeof(CiamClientCredentialsHttpClientBuilderExtensions),
            typeof(CiamClientCredentialsOptions),
            typeof(CiamClientCredentialsServiceCollectionExtensions),
            typeof(CiamClientStoreServiceCollectionExtensions),
            typeof(CiamHttpRequestMessageExtensions),
            typeof(CiamStartupMode),
            typeof(CiamTokenClient),
            typeof(CiamTokenError),
            typeof(CiamTokenError.ClientNotConfigured),
            typeof(CiamTokenError.EndpointUnavailable),
            typeof(CiamTokenError.InvalidClient),
            typeof(CiamTokenError.InvalidScope),
            typeof(CiamTokenError.OtherOAuthError),
            typeof(CiamTokenError.UnauthorizedClient),
            typeof(CiamTokenError.UnusableResponse),
            typeof(CiamTokenErrorCodes),
            typeof(CiamTokenException),
            typeof(CiamTokenResult),
            typeof(CiamTokenResult.Failure),
            typeof(CiamTokenResult.Success),
            typeof(ICiamClientCredentialsBuilder),
            typeof(ICiamClientStore),
            typeof(ICiamTokenProvider),
            typeof(ICiamTokenProviderFactory));

    [Fact]
    public void The_emulator_exposes_only_its_five_types_and_the_extension_class()
        => AssertTypes(
            Emulator,
            typeof(CiamPortalApplication),
            typeof(CiamPortalClock),
            typeof(CiamPortalEmulator),
            typeof(CiamPortalEmulatorExtensions),
            typeof(CiamPortalFault),
            typeof(CiamPortalRequest));

    [Fact]
    public void Only_extension_methods_and_their_return_types_are_outside_the_librarys_namespaces()
    {
        Assert.All(PublicTypes, type => Assert.Contains(
            type.Namespace,
            (string[])["TencentCiam.TokenClient", "TencentCiam.TokenClient.Testing", "Microsoft.Extensions.DependencyInjection"]));
        Assert.All(
            PublicTypes.Where(type => type.Namespace == "Microsoft.Extensions.DependencyInjection"),
            type => Assert.True(IsStatic(type) || type == typeof(ICiamClientCredentialsBuilder), type.FullName));
    }

    [Fact]
    public void A_public_class_is_sealed_static_or_an_abstract_record_closed_to_other_assemblies()
        => Assert.All(
            PublicTypes.Where(type => type.IsClass),
            type => Assert.True(type.IsSealed || IsClosed(type), type.FullName));

    [Fact]
    public void An_unsealed_record_has_only_sealed_nested_subtypes()
        => Assert.All(
            PublicTypes.Where(type => type is { IsClass: true, IsSealed: false }),
            type => Assert.All(
                PublicTypes.Where(other => other.BaseType == type),
                kind => Assert.True(kind.IsSealed && kind.DeclaringType == type, kind.FullName)));

    [Fact]
    public void A_method_name_ends_in_Async_exactly_when_it_returns_a_task()
        => Assert.All(PublicMethods(), method => Assert.True(
            IsAwaitable(method.ReturnType) == method.Name.EndsWith("Async", StringComparison.Ordinal), Name(method)));

    [Fact]
    public void An_async_method_ends_with_a_CancellationToken_that_is_optional_where_users_call_it()
    {
        var methods = PublicMethods().Where(method => IsAwaitable(method.ReturnType)).ToArray();

        Assert.NotEmpty(methods);
        Assert.All(methods, method =>
        {
            // The library alone calls a store, and always passes a token.
            var isOptional = method.DeclaringType != typeof(ICiamClientStore);
            var last = method.GetParameters().LastOrDefault();
            Assert.True(
                last is { Name: "cancellationToken" }
                    && last.HasDefaultValue == isOptional
                    && last.ParameterType == typeof(CancellationToken),
                Name(method));
        });
    }

    [Fact]
    public void Only_constants_and_enumeration_members_are_public_fields()
        => Assert.All(
            PublicTypes.Where(type => !type.IsEnum),
            type => Assert.DoesNotContain(
                type.GetFields(BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static), field => !field.IsLiteral));

    private static void AssertTypes(Assembly assembly, params Type[] types)
        => Assert.Equal(
            types.Select(type => type.FullName).Order(StringComparer.Ordinal),
            assembly.GetExportedTypes().Select(type => type.FullName).Order(StringComparer.Ordinal));

    // Without inherited, record-generated and overriding methods, whose names and parameters are given.
    private static MethodInfo[] PublicMethods()
        => [.. PublicTypes
            .SelectMany(type => type.GetMethods(
                BindingFlags.Public | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly))
            .Where(method => !method.IsSpecialName && method.GetBaseDefinition() == method)];

    private static bool IsStatic(Type type) => type is { IsAbstract: true, IsSealed: true };

    // A record's copy constructor is protected, so it is closed by an abstract member that only its own assembly can see.
    private static bool IsClosed(Type type)
        => type.IsAbstract
            && type.GetMethod("<Clone>$") is not null
            && type.GetMembers(BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.DeclaredOnly).OfType<MethodInfo>()
                .Any(method => method is { IsAbstract: true, IsFamilyAndAssembly: true } or { IsAbstract: true, IsAssembly: true });

    private static bool IsAwaitable(Type type)
        => typeof(Task).IsAssignableFrom(type)
            || type == typeof(ValueTask)
            || (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ValueTask<>));

    private static string Name(MethodInfo method) => $"{method.DeclaringType!.FullName}.{method.Name}";
}
