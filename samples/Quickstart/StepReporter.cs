namespace Quickstart;

/// <summary>Prints the steps and counts which succeeded, failed or were skipped.</summary>
internal sealed class StepReporter(TextWriter output)
{
    private int _steps;
    private int _succeeded;
    private int _skipped;
    private bool _isComplete;

    // These two describe the current step.
    private bool _hasExpectations;
    private bool _hasFailures;

    /// <summary>0 only if all steps have run and none has failed.</summary>
    public int ExitCode => _isComplete && _succeeded > 0 && _succeeded + _skipped == _steps ? 0 : 1;

    /// <summary>Runs a step. Returns false if it failed.</summary>
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
            Expect(false, "no exception", $"{e.GetType().Name}: {e.Message}");
        }

        var isSkipped = !_hasExpectations;
        _skipped += isSkipped ? 1 : 0;
        _succeeded += isSkipped || _hasFailures ? 0 : 1;
        output.WriteLine(isSkipped ? "   [skipped]" : _hasFailures ? "   [FAILED]" : "   [ok]");
        return !_hasFailures;
    }

    public void WriteLine(string line) => output.WriteLine($"   {line}");

    /// <summary>Checks an expectation of the current step.</summary>
    public void Expect(bool isMet, string expected, string actual)
    {
        _hasExpectations = true;
        if (!isMet)
        {
            _hasFailures = true;
            WriteLine($"FAILED: expected {expected}, but got {actual}");
        }
    }

    /// <summary>Reports what cannot be shown here. A step without any expectation counts as skipped.</summary>
    public void Skip(string what, string reason) => WriteLine($"Skipped {what}: {reason}.");

    public void WriteSummary()
    {
        _isComplete = true;
        output.WriteLine();
        output.WriteLine($"{_succeeded} of {_steps - _skipped} steps succeeded" + (_skipped > 0 ? $"; {_skipped} skipped." : "."));
    }
}
