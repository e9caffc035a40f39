using System.Diagnostics;
using System.Globalization;

namespace TencentCiam.TokenClient.Samples.Tests;

/// <summary>The processes that a sample has started.</summary>
internal sealed class Children : IDisposable
{
    private readonly List<Process> _processes = [];

    private Children()
    {
    }

    public int Count => _processes.Count;

    /// <summary>Finds those that run now.</summary>
    public static Children Of(SampleProcess sample)
    {
        Assert.SkipUnless(Directory.Exists("/proc/self"), "Only Linux lists the processes as files.");
        var children = new Children();
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var id) && ParentOf(id) == sample.Id)
            {
                children._processes.Add(Process.GetProcessById(id));
            }
        }

        return children;
    }

    /// <summary>What an environment variable of the first is. Nobody but its user can read that.</summary>
    public string ReadEnvironment(string name)
    {
        var prefix = name + "=";
        return File.ReadAllText($"/proc/{_processes[0].Id}/environ").Split('\0')
            .Single(variable => variable.StartsWith(prefix, StringComparison.Ordinal))[prefix.Length..];
    }

    public Task WaitForExitAsync()
        => Task.WhenAll(_processes.Select(process => process.WaitForExitAsync(TestContext.Current.CancellationToken)))
            .WaitAsync(SampleProcess.Timeout, TestContext.Current.CancellationToken);

    public void Dispose() => _processes.ForEach(process => process.Dispose());

    private static int? ParentOf(int id)
    {
        try
        {
            // After the name in parentheses, which may contain anything: the state, and the parent.
            var status = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(status[status.LastIndexOf(')')..].Split(' ')[2], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended.
            return null;
        }
    }
}
