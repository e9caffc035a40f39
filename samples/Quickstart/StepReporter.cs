namespace Quickstart;

/// <summary>Prints the steps, and keeps the score: which did what they say, which did not, and which were skipped.</summary>
internal sealed class StepReporter(TextWriter output)
{
    private int _steps;
    private int _succeeded;
    private int _skipped;
    private bool _isComplete;

    // Of the step that is being told.
    private bool _hasExpectations;
    private bool _hasFailures;

    /// <summary>0 only when the story was told to its end and no step failed.</summary>
    public int ExitCode => _isComplete && _succeeded > 0 && _succeeded + _skipped == _steps ? 0 : 1;

    /// <summary>Tells a step. False when it did not do what it says.</summary>
    public async Task<bool> RunStepAsync(string title, Func<Task> run, CancellationToken stopping)
    {
        (_hasExpectations, _hasFailures) = (false, false);
        output.WriteLine();
        output.WriteLine($"{++_steps}. {title}");
        try
        {
            await run();
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            Expect(false, "a step without an exception", $"{e.GetType().Name}: {e.Message}");
        }

        var isSkipped = !_hasExpectations;
        _skipped += isSkipped ? 1 : 0;
        _succeeded += isSkipped || _hasFailures ? 0 : 1;
        output.WriteLine(isSkipped ? "   [skipped]" : _hasFailures ? "   [FAILED]" : "   [ok]");
        return !_hasFailures;
    }

    public void WriteLine(string line) => output.WriteLine($"   {line}");

    /// <summary>Holds the step to what it says.</summary>
    public void Expect(bool isMet, string expected, string actual)
    {
        _hasExpectations = true;
        if (!isMet)
        {
            _hasFailures = true;
            WriteLine($"FAILED: expected {expected}; what happened: {actual}");
        }
    }

    /// <summary>Leaves out something that cannot be shown here. A step of which nothing is left counts as skipped.</summary>
    public void Skip(string what, string reason) => WriteLine($"Skipped: {what}, because {reason}.");

    public void WriteSummary()
    {
        _isComplete = true;
        output.WriteLine();
        output.WriteLine($"{_succeeded} of {_steps - _skipped} steps did what they say"
            + (_skipped > 0 ? $"; {_skipped} could not be shown and were skipped." : "."));
    }
}
