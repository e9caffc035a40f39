namespace Fleet;

/// <summary>What connects an instance with the program that started it: its input and output.</summary>
internal static class ParentConnection
{
    /// <summary>The output of an instance that is ready to call the orders API.</summary>
    public const string Ready = "ready";

    private static readonly TaskCompletionSource Begin = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends this program when the parent ends, even if that is killed.</summary>
    public static void Open() => new Thread(Listen) { IsBackground = true }.Start();

    /// <summary>Waits for a line of input, so that all instances can begin at once.</summary>
    public static async Task WaitToBeginAsync()
    {
        Console.WriteLine(Ready);
        await Begin.Task;
    }

    private static void Listen()
    {
        if (Console.In.ReadLine() is not null)
        {
            Begin.SetResult();
        }

        // The input ends when the parent does.
        Console.In.ReadToEnd();
        Environment.Exit(0);
    }
}
