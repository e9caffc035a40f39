using System.Globalization;

namespace Fleet;

/// <summary>What the user may choose.</summary>
/// <param name="Redis">The address of the user's own server, as host:port; null for the embedded one.</param>
/// <param name="Lives">How many token lives the fleet is watched in steady state.</param>
internal sealed record FleetArguments(string? Redis, int Lives)
{
    private const int MaxLives = 1000;
    private const string Usage = "dotnet run --project samples/Fleet -- [--lives <number>] [--redis <host:port>]";

    /// <returns>Null if the arguments are wrong; the error then says what to write.</returns>
    public static FleetArguments? Parse(string[] args, out string? error)
    {
        var arguments = new FleetArguments(Redis: null, Lives: 3);
        for (var i = 0; i < args.Length; i += 2)
        {
            var value = args.ElementAtOrDefault(i + 1);
            switch (args[i])
            {
                case "--redis" when IsAddress(value):
                    arguments = arguments with { Redis = value };
                    break;

                // The value is not repeated: it may contain a password.
                case "--redis":
                    error = "--redis must be followed by the address of a Redis server, as in: --redis localhost:6379";
                    return null;

                case "--lives" when IsNumberOfLives(value, out var lives):
                    arguments = arguments with { Lives = lives };
                    break;

                case "--lives":
                    error = $"--lives must be followed by a whole number from 1 to {MaxLives}, as in: --lives 3";
                    return null;

                default:
                    error = $"Unknown argument \"{args[i]}\". Write: {Usage}";
                    return null;
            }
        }

        error = null;
        return arguments;
    }

    private static bool IsNumberOfLives(string? value, out int lives)
        => int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out lives) && lives is >= 1 and <= MaxLives;

    private static bool IsAddress(string? value)
        => Uri.TryCreate($"redis://{value}", UriKind.Absolute, out var address)
            && address is { Host.Length: > 0, Port: > 0 }
            && value == address.Authority;
}
