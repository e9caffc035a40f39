namespace TencentCiam.TokenClient.Testing;

/// <summary>
/// The system clock with an offset, for a <see cref="CiamPortalEmulator"/> that runs in real time and whose tokens are to expire
/// early. Timers and time stamps are those of the system: <see cref="CiamPortalFault.Delay"/> lasts as long as it says.
/// </summary>
public sealed class CiamPortalClock : TimeProvider
{
    private static readonly TimeSpan MaxOffset = TimeSpan.FromDays(36_500);

    private long _offset;

    /// <summary>
    /// How far this clock is ahead of the system's; negative if it is behind. It can be changed at any time. Default: 0. At most
    /// 36,500 days in each direction.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is out of range.</exception>
    public TimeSpan Offset
    {
        get => new(Volatile.Read(ref _offset));
        set
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThan(value, MaxOffset);
            ArgumentOutOfRangeException.ThrowIfLessThan(value, -MaxOffset);
            Volatile.Write(ref _offset, value.Ticks);
        }
    }

    /// <summary>Returns the system's time plus <see cref="Offset"/>.</summary>
    /// <returns>The current time of this clock.</returns>
    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Offset;
}
