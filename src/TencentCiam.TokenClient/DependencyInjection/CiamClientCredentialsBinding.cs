using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace TencentCiam.TokenClient.DependencyInjection;

/// <summary>Binds a client's options to a configuration section, and follows its changes.</summary>
internal static class CiamClientCredentialsBinding
{
    private static readonly Dictionary<string, Type> OptionTypes = typeof(CiamClientCredentialsOptions).GetProperties()
        .ToDictionary(property => property.Name, property => property.PropertyType, StringComparer.OrdinalIgnoreCase);

    /// <summary>Binds to a section of the application's configuration.</summary>
    public static void BindTo(this OptionsBuilder<CiamClientCredentialsOptions> options, string path)
        => BindTo(options, path, services => services.GetService<IConfiguration>()?.GetSection(path));

    /// <summary>Binds to a section that the user chose.</summary>
    public static void BindTo(this OptionsBuilder<CiamClientCredentialsOptions> options, IConfiguration section)
        => BindTo(options, (section as IConfigurationSection)?.Path, _ => section);

    private static void BindTo(
        OptionsBuilder<CiamClientCredentialsOptions> options,
        string? path,
        Func<IServiceProvider, IConfiguration?> section)
    {
        options.Configure<IServiceProvider>((bound, services) =>
        {
            bound.ConfigurationPath = path;
            Bind(bound, section(services));
        });
        options.Services.AddSingleton<IOptionsChangeTokenSource<CiamClientCredentialsOptions>>(services
            => new ConfigurationChangeTokenSource<CiamClientCredentialsOptions>(
                options.Name, section(services) ?? new ConfigurationBuilder().Build()));
    }

    // One setting at a time: the binder stops at the first value that it cannot read, which would hide all other faults. What
    // cannot be read is left to validation, which reports it with the rest.
    private static void Bind(CiamClientCredentialsOptions options, IConfiguration? section)
    {
        foreach (var setting in section?.GetChildren() ?? [])
        {
            if (!OptionTypes.TryGetValue(setting.Key, out var type))
            {
                continue;
            }

            var children = setting.GetChildren().Select(child => child.Key).ToList();
            if (children.Count > 0 && !children.Exists(OptionTypes.ContainsKey))
            {
                options.SettingsWithChildren.Add(setting.Key);
                continue;
            }

            // The section of a client whose name is that of an option.
            if (children.Count > 0 && setting.Value is null)
            {
                continue;
            }

            // An empty value leaves the option unset. Done here, because versions of the binder treat an empty value differently,
            // and versions of the configuration package return null for it.
            var value = setting.Value ?? "";
            if (value.Length == 0 && type != typeof(string))
            {
                continue;
            }

            try
            {
                new ConfigurationBuilder().AddInMemoryCollection([new(setting.Key, value)]).Build().Bind(options);
            }
            catch (InvalidOperationException)
            {
                options.UnreadableSettings.Add(setting.Key);
            }
        }
    }
}
