using System.Text;

namespace TencentCiam.TokenClient.DistributedCache;

/// <summary>A token that an instance shares with the others.</summary>
/// <param name="Value">The token.</param>
/// <param name="SentAt">The moment before its request was sent, by the clock of the instance that sent it.</param>
/// <param name="Lifetime">Its whole lifetime.</param>
/// <param name="Scope">The scopes that the portal said it granted, if it did.</param>
internal sealed record SharedToken(string Value, DateTimeOffset SentAt, TimeSpan Lifetime, string? Scope)
{
    public byte[] ToBytes()
    {
        using var bytes = new MemoryStream();
        using (var writer = new BinaryWriter(bytes, Encoding.UTF8))
        {
            writer.Write(SentAt.UtcTicks);
            writer.Write(Lifetime.Ticks);
            writer.Write(Scope is not null);
            writer.Write(Scope ?? "");
            writer.Write(Value);
        }

        return bytes.ToArray();
    }

    /// <exception cref="IOException">The bytes end too early.</exception>
    /// <exception cref="ArgumentException">A value is out of range.</exception>
    public static SharedToken FromBytes(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        var sentAt = new DateTimeOffset(reader.ReadInt64(), TimeSpan.Zero);
        var lifetime = new TimeSpan(reader.ReadInt64());
        var hasScope = reader.ReadBoolean();
        var scope = reader.ReadString();
        return new SharedToken(reader.ReadString(), sentAt, lifetime, hasScope ? scope : null);
    }

    public CiamAccessToken ToAccessToken() => new(Value, Lifetime, SentAt + Lifetime, Scope);

    public override string ToString() => nameof(SharedToken);
}
