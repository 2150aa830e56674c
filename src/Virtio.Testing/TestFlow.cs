using System.Runtime.ExceptionServices;

namespace Virtio.Testing;

/// <summary>
/// Remembers the last exception that was thrown in the flow of calls that made this object. In a test that may be the exception that ends
/// it. At the end of an <c>await using</c> block an exception of the disposal replaces the test's own, and the runtime does not tell the
/// disposal of the latter. So it is kept here, to be shown too.
/// </summary>
internal sealed class TestFlow
{
    private static readonly AsyncLocal<TestFlow?> Current = new();

    private readonly TestFlow? _outer;
    private volatile Exception? _last;
    private volatile bool _isOver;

    static TestFlow() => AppDomain.CurrentDomain.FirstChanceException += Note;

    /// <summary>Begins to watch the caller's flow.</summary>
    internal TestFlow()
    {
        _outer = Current.Value;
        while (_outer is { _isOver: true })
            _outer = _outer._outer;
        Current.Value = this;
    }

    /// <summary>Ends the watch.</summary>
    /// <returns>The last exception, which the test may have caught; null when there was none.</returns>
    internal Exception? End()
    {
        Exception? last = _last;
        _isOver = true;
        _last = null;
        return last;
    }

    /// <summary>A text about a disposal's own failure, with the exception that it may hide.</summary>
    internal static string Describe(string problem, Exception? last) =>
        last is null
            ? problem
            : $"{problem}\n--- the last exception in the test before that, which this one hides if the test did not catch it ---\n"
                + $"{last}\n---";

    private static void Note(object? sender, FirstChanceExceptionEventArgs e)
    {
        for (TestFlow? flow = Current.Value; flow is not null; flow = flow._outer)
        {
            if (!flow._isOver)
                flow._last = e.Exception;
        }
    }
}
